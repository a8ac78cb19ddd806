"""What a repayment rests on (2.3-5)."""

from __future__ import annotations

from decimal import Decimal

from shared.policy.decision import Decision, RuleInput
from shared.policy.edition import Edition


def decide_repayable(edition: Edition, *, same_case: bool, amount: Decimal, held: Decimal) -> Decision:
    """2.3-5: money goes back only while the grant's recovery is that of the reversed delisting, and never more than
    is held of what was recovered: `held` is recovered less repaid."""
    passed = same_case and amount <= held
    inputs: dict[str, RuleInput] = {"same_case": same_case, "amount": amount, "held": held}
    message = "rule-met" if passed else "repayment-recovery-gone"
    return edition.decision(edition.result("grants.delisted_recovery", passed, inputs, message=message, limit=held))
