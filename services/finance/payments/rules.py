"""Money that leaves and comes back: standing before payment (2.3-3), refunds, recoveries, closing (3.1-4)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from shared.money import ZERO
from shared.policy.decision import Decision, RuleInput, RuleResult
from shared.policy.edition import Edition

GOOD = "good"
LISTED = "listed"
RECOVERY = "grants.delisted_recovery"


def decide_standing(edition: Edition, *, evaluation: str, registry: str | None) -> Decision:
    """2.3-3: before money leaves, evaluation and then the registry are asked how the centre stands. The registry is not
    asked (None) where evaluation's answer decides already."""
    results = [_standing(edition, "evaluation", evaluation, GOOD)]
    if registry is not None:
        results.append(_standing(edition, "registry", registry, LISTED))
    return edition.decision(*results)


def _standing(edition: Edition, service: str, standing: str, wanted: str) -> RuleResult:
    passed = standing == wanted
    message = "rule-met" if passed else "centre-not-in-good-standing"
    return edition.result(
        "grants.standing", passed, {"service": service, "standing": standing}, message=message, limit=wanted
    )


def decide_receipt(
    edition: Edition, *, amount: Decimal, paid: Decimal, arrived_on: date, paid_on: date, today: date
) -> Decision:
    """3.1-4: what arrived is what was paid, from the day of the payment on; another amount is for the treasury to look
    into."""
    inputs: dict[str, RuleInput] = {"amount": amount, "arrived_on": arrived_on, "paid_on": paid_on}
    if amount != paid:
        differs = edition.result("grants.receipt", False, inputs, message="grant-receipt-differs", limit=paid)
        return edition.decision(differs)
    possible = paid_on <= arrived_on <= today
    message = "rule-met" if possible else "receipt-day-impossible"
    return edition.decision(edition.result("grants.receipt", possible, inputs, message=message, limit=today))


def decide_returned(edition: Edition, *, rule: str, amount: Decimal, outstanding: Decimal) -> Decision:
    """3.1-4, 2.3-5: no more comes back than is outstanding; a mistake in the amount shows at once."""
    passed = amount <= outstanding
    message = "rule-met" if passed else "returned-above-outstanding"
    inputs = {"amount": amount, "outstanding": outstanding}
    return edition.decision(edition.result(rule, passed, inputs, message=message, limit=outstanding))


def decide_recovered(edition: Edition, *, amount: Decimal, outstanding: Decimal, promised: Decimal) -> Decision:
    """2.3-5: no more is recovered than is outstanding, and not what honoured contracts are to be paid with."""
    left = max(outstanding - promised, ZERO)
    if amount > outstanding or not promised:
        return decide_returned(edition, rule=RECOVERY, amount=amount, outstanding=outstanding)
    inputs: dict[str, RuleInput] = {"amount": amount, "outstanding": outstanding, "promised": promised}
    passed = amount <= left
    message = "rule-met" if passed else "recovered-above-unpromised"
    return edition.decision(edition.result(RECOVERY, passed, inputs, message=message, limit=left))


def decide_closed(edition: Edition, *, balance: Decimal) -> Decision:
    """3.1-4: a grant is closed when every fen of it was spent on purpose or given back."""
    passed = balance == 0
    message = "rule-met" if passed else "grant-balance-not-zero"
    result = edition.result("grants.spending", passed, {"balance": balance}, message=message, limit="0.00")
    return edition.decision(result)
