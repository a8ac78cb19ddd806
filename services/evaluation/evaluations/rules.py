"""Conditions of an exemption, and what stops the results of a year."""

from __future__ import annotations

from typing import Final

from shared.policy.decision import Decision
from shared.policy.edition import Edition

MARKABLE: Final = ("open", "scored")
"""States of the cycle in which experts' marks, vetoes and exemptions may still be entered freely."""

CORRECTABLE: Final = ("open", "scored", "announced")
"""The same, and during the public notice, when objections and discoveries change preliminary results."""

UNDECIDED: Final = ("recorded", "proposed", "approved")
"""States of a veto or an exemption that waits for another person."""


def decide_exemption(edition: Edition, reason: str, previous_year_failed: bool, minutes_no: str | None) -> Decision:
    """2.3-1: exempt only for a reason that the edition names; after a failed year also with the office's minutes,
    because an exemption breaks the run that leads to a delisting."""
    known = reason in edition.delisting.exemption_reasons
    reason_result = edition.result(
        "evaluation.exemption",
        known,
        {"reason": reason},
        limit=", ".join(edition.delisting.exemption_reasons),
        message="exemption-reason-known" if known else "exemption-reason-unknown",
    )
    needed = previous_year_failed and edition.delisting.exemption_after_failure_needs_minutes.value
    minutes_result = edition.result(
        "evaluation.exemption",
        bool(minutes_no) or not needed,
        {"previous_year_failed": previous_year_failed, "minutes_no": minutes_no},
        message="exemption-minutes-missing" if needed and not minutes_no else "exemption-minutes-in-order",
    )
    return edition.decision(reason_result, minutes_result)
