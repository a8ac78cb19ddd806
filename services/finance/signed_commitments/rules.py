"""What of a delisted centre's contracts may still be paid from a grant (2.3-5)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from shared.policy.decision import Decision, RuleInput
from shared.policy.edition import Edition

RULE = "grants.commitments"


def decide_signed_before(edition: Edition, *, signed_on: date, delisted_on: date, paid_on: date) -> Decision:
    """2.3-5: only what was signed before the delisting's day, and not before the grant was paid."""
    inputs: dict[str, RuleInput] = {"signed_on": signed_on, "paid_on": paid_on, "delisted_on": delisted_on}
    passed = paid_on <= signed_on < delisted_on
    message = "rule-met" if passed else "commitment-not-signed-before"
    return edition.decision(edition.result(RULE, passed, inputs, message=message, limit=delisted_on))


def decide_proposed(edition: Edition, *, proposed: Decimal, amount: Decimal) -> Decision:
    """2.3-5: no more is honoured than the contract says."""
    passed = proposed <= amount
    message = "rule-met" if passed else "commitment-above-contract"
    return edition.decision(edition.result(RULE, passed, {"amount": proposed}, message=message, limit=amount))


def decide_honoured(edition: Edition, *, amount: Decimal, outstanding: Decimal, promised: Decimal) -> Decision:
    """2.3-5: what is honoured comes out of the money still to be recovered, less what was promised before."""
    left = outstanding - promised
    inputs: dict[str, RuleInput] = {"amount": amount, "outstanding": outstanding, "promised": promised}
    passed = amount <= left
    message = "rule-met" if passed else "commitment-above-outstanding"
    return edition.decision(edition.result(RULE, passed, inputs, message=message, limit=max(left, Decimal(0))))


def decide_settled(edition: Edition, *, amount: Decimal, unsettled: Decimal, outstanding: Decimal) -> Decision:
    """2.3-5: no more is paid than was honoured, and than is there."""
    limit = min(unsettled, outstanding)
    passed = amount <= limit
    message = "rule-met" if passed else "commitment-above-honoured"
    return edition.decision(edition.result(RULE, passed, {"amount": amount}, message=message, limit=limit))
