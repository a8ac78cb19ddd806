"""What becomes of a finding (3.1-4)."""

from __future__ import annotations

from decimal import Decimal

from shared.policy.decision import Decision
from shared.policy.edition import Edition


def decide_dismissal(edition: Edition, *, amount: Decimal, spendable: Decimal) -> Decision:
    """3.1-4: spending found to be on purpose counts as spent, so it must fit what the grant has left: money that came
    back meanwhile cannot have been spent. `spendable` is without this finding."""
    passed = amount <= spendable
    message = "finding-dismissed" if passed else "finding-money-came-back"
    inputs = {"amount": amount, "spendable": spendable}
    return edition.decision(edition.result("grants.finding", passed, inputs, message=message, limit=spendable))


def decide_confirmation(edition: Edition, *, amount: Decimal) -> Decision:
    """3.1-4: off-purpose spending that a second person confirms is to be paid back."""
    return edition.decision(edition.result("grants.finding", True, {"amount": amount}, message="finding-confirmed"))
