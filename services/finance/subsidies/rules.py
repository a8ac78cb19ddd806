"""When interest is subsidised, by which rate, and by whom it is decided (3.2-4, 3.2-5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from services.finance.subsidies.interest import Entitlement
from shared.policy.decision import Decision, RuleInput
from shared.policy.edition import Edition

MET: Final = "rule-met"


def decide_quarter_over(edition: Edition, *, last: date, today: date) -> Decision:
    """3.2-4: a quarter is computed once it is over."""
    inputs = {"last": last, "today": today}
    return _one(edition, "loans.subsidy_once", today > last, inputs, "subsidy-quarter-not-over", limit=last)


def decide_prime_rate(edition: Edition, *, contracted_on: date, effective_on: date | None) -> Decision:
    """3.2-4: the rate of the contract's day is on record; once rates are monthly an old one is not it."""
    terms = edition.subsidy_terms
    monthly = terms.monthly_rates_from.value
    fresh = effective_on is not None and (
        contracted_on < monthly or (contracted_on - effective_on).days <= terms.monthly_rate_days.value
    )
    inputs = {"contracted_on": contracted_on, "effective_on": effective_on}
    limit = terms.monthly_rate_days.value
    return _one(edition, "loans.prime_rate", fresh, inputs, "subsidy-prime-rate-missing", limit=limit)


def decide_line(edition: Edition, given: Entitlement, *, graduate: bool, before: Decimal, amount: Decimal) -> Decision:
    """3.2-4, 3.2-5: what the quarter comes to, less what earlier lines gave; a quarter is given once."""
    clause = "3.2-5" if graduate else "3.2-4"
    inputs: dict[str, RuleInput] = {
        "percent": given.percent,
        "prime_rate": given.prime_rate,
        "entitled": given.amount,
        "given_before": before,
        "amount": amount,
    }
    return edition.decision(
        edition.result("loans.subsidy", True, inputs, message=MET, limit=given.amount, clause=clause),
        edition.result("loans.subsidy_once", True, {"given_before": before}, message=MET, clause=clause),
    )


def decide_unchanged(edition: Edition, *, changed: str | None) -> Decision:
    """3.2-4: what is approved is what the loans' reports say now; `changed` names a loan for which it is not."""
    return _one(edition, "loans.subsidy", changed is None, {"loan": changed}, "subsidy-figures-changed")


def decide_another_person(edition: Edition, *, actor: str, handled_by: Mapping[str, str | None]) -> Decision:
    """3.2-4: who computed does not approve, and who did either does not pay, whatever the role."""
    own = next((step for step, account in handled_by.items() if account == actor), None)
    return _one(edition, "loans.subsidy_four_eyes", own is None, {"own_step": own}, "four-eyes-required")


def _one(
    edition: Edition,
    rule: str,
    passed: bool,
    inputs: Mapping[str, RuleInput],
    message: str,
    *,
    limit: Decimal | date | int | None = None,
) -> Decision:
    code = MET if passed else message
    return edition.decision(edition.result(rule, passed, inputs, message=code, limit=limit))
