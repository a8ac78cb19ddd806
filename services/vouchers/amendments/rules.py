"""How far a programme's terms may change once it is open (4.3-3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from shared.policy.decision import Decision
from shared.policy.edition import Edition

DRAFT: Final = "draft"
APPROVED: Final = "approved"
REFUSED: Final = "refused"
CANCELLED: Final = "cancelled"
STATUSES: Final = (DRAFT, APPROVED, REFUSED, CANCELLED)


def decide_forward(edition: Edition, effective_from: date, *, earliest: date, latest: date) -> Decision:
    """4.3-3: a change counts from a day on or after its approval (`earliest`), and after the last change (`latest`):
    what was announced is not undone for days gone by."""
    if effective_from < earliest:
        message = "amendment-in-the-past"
    else:
        message = "amendment-forward" if effective_from > latest else "amendment-before-the-last"
    result = edition.result(
        "vouchers.terms_forward",
        message == "amendment-forward",
        {"effective_from": effective_from, "earliest": earliest, "latest": latest},
        message=message,
    )
    return edition.decision(result)


def decide_change(edition: Edition, changed: Sequence[str]) -> Decision:
    """4.3-3: an amendment changes something; `changed` are the names of the terms that differ."""
    message = "amendment-changes" if changed else "amendment-changes-nothing"
    inputs = {"changed": ", ".join(changed) or None}
    return edition.decision(edition.result("vouchers.terms", bool(changed), inputs, message=message))


def decide_budget_covers(edition: Edition, budget: Decimal, committed: Decimal) -> Decision:
    """4.3-3: a budget is never lowered below what its vouchers have taken."""
    passed = committed <= budget
    result = edition.result(
        "vouchers.budget",
        passed,
        {"budget": budget},
        limit=committed,
        message="amendment-covers-issued" if passed else "amendment-below-issued",
    )
    return edition.decision(result)
