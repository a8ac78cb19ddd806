"""Money that leaves and comes back: standing before payment (2.3-3), refunds, recoveries, closing (3.1-4)."""

from __future__ import annotations

from decimal import Decimal

from shared.policy.decision import Decision, RuleResult
from shared.policy.edition import Edition

GOOD = "good"
LISTED = "listed"


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


def decide_returned(edition: Edition, *, rule: str, amount: Decimal, outstanding: Decimal) -> Decision:
    """3.1-4, 2.3-5: no more comes back than is outstanding; a mistake in the amount shows at once."""
    passed = amount <= outstanding
    message = "rule-met" if passed else "returned-above-outstanding"
    inputs = {"amount": amount, "outstanding": outstanding}
    return edition.decision(edition.result(rule, passed, inputs, message=message, limit=outstanding))


def decide_closed(edition: Edition, *, balance: Decimal) -> Decision:
    """3.1-4: a grant is closed when every fen of it was spent on purpose or given back."""
    passed = balance == 0
    message = "rule-met" if passed else "grant-balance-not-zero"
    result = edition.result("grants.spending", passed, {"balance": balance}, message=message, limit="0.00")
    return edition.decision(result)
