"""Whether a product suits an enterprise, rule by rule (3.3-1): what speaks for it and against it, what is not known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from services.finance.bank_products.states import (
    AGAINST,
    DOES_NOT_FIT,
    FITS,
    FOR,
    OPEN,
    UNKNOWN,
    Match,
    Outcome,
)
from services.finance.banks.rules import MET
from shared.calendar import add_months
from shared.policy.decision import Decision, RuleInput, RuleResult
from shared.policy.edition import Edition

NOT_KNOWN: Final = "bank-product-fact-unknown"
NO_COLLATERAL: Final = "none"


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of a product on a day; yuan. Empty tuples ask for none in particular."""

    minimum_amount: Decimal
    limit_amount: Decimal
    longest_months: int
    collaterals: tuple[str, ...]
    channels: tuple[str, ...]
    required_data: tuple[str, ...]
    sizes: tuple[str, ...]
    industries: tuple[str, ...]
    tax_grades: tuple[str, ...]
    minimum_age_months: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an enterprise and its wish; None for what is not known."""

    size_class: str | None = None
    industry_code: str | None = None
    registered_on: date | None = None
    in_centre: bool | None = None
    amount: Decimal | None = None
    tenor_months: int | None = None
    collaterals: tuple[str, ...] | None = None
    available_data: tuple[str, ...] | None = None
    tax_grade: str | None = None
    channel: str | None = None


def match_product(edition: Edition, terms: Terms, facts: Facts, day: date) -> Decision:
    """3.3-1: every rule that the terms have, applied to what is known; a fact asked for and not known fails with
    `bank-product-fact-unknown`, and speaks neither for the product nor against it."""
    results = [
        _offered(edition, terms, facts.channel),
        _in_centre(edition, facts.in_centre),
        _amount(edition, terms, facts.amount),
        _tenor(edition, terms, facts.tenor_months),
        _one_of(edition, "size", terms.sizes, facts.size_class),
        _industry(edition, terms, facts.industry_code),
        _age(edition, terms, facts.registered_on, day),
        _collateral(edition, terms, facts.collaterals),
        _one_of(edition, "tax_grade", terms.tax_grades, facts.tax_grade),
        _data(edition, terms, facts.available_data),
    ]
    return edition.decision(*(result for result in results if result is not None))


def outcome_of(result: RuleResult) -> Outcome:
    """What a rule's result says about the product."""
    if result.passed:
        return FOR
    return UNKNOWN if result.message == NOT_KNOWN else AGAINST


def verdict_of(decision: Decision) -> Match:
    """One reason against is enough; without one, a fact that is missing leaves it open."""
    outcomes = {outcome_of(result) for result in decision.results}
    if AGAINST in outcomes:
        return DOES_NOT_FIT
    return OPEN if UNKNOWN in outcomes else FITS


def _offered(edition: Edition, terms: Terms, channel: str | None) -> RuleResult:
    """3.2-1: online or at the counter, where the enterprise asks for one of them."""
    passed = channel is None or channel in terms.channels
    return _result(edition, "offered", passed, {"channel": channel}, _shown(terms.channels))


def _in_centre(edition: Edition, in_centre: bool | None) -> RuleResult | None:
    """3.3-1: the clause is about enterprises in the centres."""
    if not edition.banking.tenancy_required.value:
        return None
    return _result(edition, "in_centre", in_centre, {"in_centre": in_centre})


def _amount(edition: Edition, terms: Terms, amount: Decimal | None) -> RuleResult:
    """Both bounds inclusive."""
    passed = None if amount is None else terms.minimum_amount <= amount <= terms.limit_amount
    inputs: dict[str, RuleInput] = {"amount": amount, "minimum": terms.minimum_amount}
    return _result(edition, "amount", passed, inputs, terms.limit_amount)


def _tenor(edition: Edition, terms: Terms, months: int | None) -> RuleResult:
    passed = None if months is None else months <= terms.longest_months
    return _result(edition, "tenor", passed, {"tenor_months": months}, terms.longest_months)


def _one_of(edition: Edition, rule: str, accepted: Sequence[str], value: str | None) -> RuleResult | None:
    if not accepted:
        return None
    passed = None if value is None else value in accepted
    return _result(edition, rule, passed, {rule: value}, _shown(accepted))


def _industry(edition: Edition, terms: Terms, code: str | None) -> RuleResult | None:
    """By section or by the first digits, as GB/T 4754 nests them."""
    if not terms.industries:
        return None
    passed = None if code is None else any(code.startswith(wanted) for wanted in terms.industries)
    return _result(edition, "industry", passed, {"industry": code}, _shown(terms.industries))


def _age(edition: Edition, terms: Terms, registered_on: date | None, day: date) -> RuleResult | None:
    """Reached on the corresponding day of the month, that day included."""
    if not terms.minimum_age_months:
        return None
    reached_on = None if registered_on is None else add_months(registered_on, terms.minimum_age_months)
    passed = None if reached_on is None else day >= reached_on
    inputs: dict[str, RuleInput] = {"registered_on": registered_on, "reached_on": reached_on, "day": day}
    return _result(edition, "age", passed, inputs, terms.minimum_age_months)


def _collateral(edition: Edition, terms: Terms, offered: tuple[str, ...] | None) -> RuleResult:
    """One of the kinds is enough; on credit, none is needed and nothing has to be known."""
    passed = True if NO_COLLATERAL in terms.collaterals else None
    if passed is None and offered is not None:
        passed = any(kind in terms.collaterals for kind in offered)
    inputs: dict[str, RuleInput] = {"collaterals": None if offered is None else _shown(offered)}
    return _result(edition, "collateral", passed, inputs, _shown(terms.collaterals))


def _data(edition: Edition, terms: Terms, available: tuple[str, ...] | None) -> RuleResult | None:
    """All that the product asks for must be there."""
    if not terms.required_data:
        return None
    missing = None if available is None else [kind for kind in terms.required_data if kind not in available]
    passed = None if missing is None else not missing
    inputs: dict[str, RuleInput] = {"missing": None if missing is None else _shown(missing)}
    return _result(edition, "data", passed, inputs, _shown(terms.required_data))


def _shown(words: Sequence[str]) -> str:
    return ", ".join(words)


def _result(
    edition: Edition, rule: str, passed: bool | None, inputs: dict[str, RuleInput], limit: RuleInput = None
) -> RuleResult:
    """`passed` None: the fact is not known."""
    message = NOT_KNOWN if passed is None else MET if passed else f"bank-product-{rule.replace('_', '-')}"
    return edition.result(f"bank_products.{rule}", passed is True, inputs, message=message, limit=limit)
