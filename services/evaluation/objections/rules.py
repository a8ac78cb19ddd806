"""When an objection is in time."""

from __future__ import annotations

from datetime import date
from typing import Final

from services.evaluation.cycles.rules import last_objection_day
from shared.policy.decision import Decision
from shared.policy.edition import Edition

STATUSES: Final = ("submitted", "lead", "upheld", "rejected")


def decide_objection_in_time(edition: Edition, announced_on: date, day: date, extended: date | None = None) -> Decision:
    """2.3-4: objections are taken while results are on public notice, from its first day to the last of the term, or to
    that of its extension."""
    last = last_objection_day(edition, announced_on, extended)
    passed = announced_on <= day <= last
    result = edition.result(
        "evaluation.objection_term",
        passed,
        {"day": day, "announced_on": announced_on, "last_day": last},
        limit=last,
        message="objection-in-time" if passed else "objection-term-over",
    )
    return edition.decision(result)
