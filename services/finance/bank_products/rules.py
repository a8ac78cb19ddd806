"""What holds for the terms of bank products (3.3-1)."""

from __future__ import annotations

from datetime import date

from services.finance.banks.rules import MET
from shared.policy.decision import Decision
from shared.policy.edition import Edition


def decide_terms_day(edition: Edition, *, valid_from: date, decided_on: date, last_from: date | None) -> Decision:
    """3.3-1: terms count from the day of their approval at the earliest, and later than those before them: what held
    on a past day stays what it was."""
    earliest = decided_on if last_from is None else max(decided_on, date.fromordinal(last_from.toordinal() + 1))
    passed = valid_from >= earliest
    result = edition.result(
        "bank_products.terms",
        passed,
        {"valid_from": valid_from, "decided_on": decided_on, "last_from": last_from},
        message=MET if passed else "bank-product-terms-too-early",
        limit=earliest,
    )
    return edition.decision(result)
