"""What a bank's report of a loan has to meet (3.2-3 to 3.2-5). Amounts in yuan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from services.finance.loans.states import GUARANTEED, SMALL_MICRO
from shared.calendar import add_months
from shared.policy.decision import Decision, RuleInput, combine
from shared.policy.edition import Edition

MET: Final = "rule-met"
_CLAUSES: Final[Mapping[str, str]] = {GUARANTEED: "3.2-3", SMALL_MICRO: "3.2-4"}


def clause_of(product: str) -> str:
    """The clause that a product rests on; the graduates' where no other is named."""
    return _CLAUSES.get(product, "3.2-5")


def decide_drawdown(
    edition: Edition, product: str, *, amount: Decimal, drawn: Decimal, contracted: Decimal
) -> Decision:
    """3.2-3 to 3.2-5: tranches together are never more than the contract."""
    left = contracted - drawn
    inputs = {"amount": amount, "drawn": drawn, "remaining": left}
    rule = "loans.drawn_within_contract"
    return _one(edition, rule, product, amount <= left, inputs, "loan-drawdown-above-contract", limit=contracted)


def decide_drawdown_day(edition: Edition, product: str, *, drawn_on: date, contracted_on: date, last: date) -> Decision:
    """3.2-3 to 3.2-5: money is paid out after the contract and before its maturity."""
    passed = contracted_on <= drawn_on < last
    inputs = {"drawn_on": drawn_on, "contracted_on": contracted_on}
    return _one(edition, "loans.drawdown_day", product, passed, inputs, "loan-drawdown-day-outside", limit=last)


def decide_guaranteed(edition: Edition, product: str, *, needed: bool, status: str | None) -> Decision:
    """3.2-3: a loan that the guarantor backs is paid out once its guarantee is in force."""
    passed = not needed or status == "issued"
    inputs = {"needed": needed, "guarantee": status}
    return _one(edition, "loans.drawdown_guaranteed", product, passed, inputs, "loan-guarantee-not-in-force")


def decide_payment(edition: Edition, product: str, *, principal: Decimal, outstanding: Decimal) -> Decision:
    """3.2-3 to 3.2-5: no more principal comes back than is owed."""
    inputs = {"principal": principal, "outstanding": outstanding}
    rule, passed = "loans.payment_within_debt", principal <= outstanding
    return _one(edition, rule, product, passed, inputs, "loan-payment-above-debt", limit=outstanding)


def decide_schedule_sum(edition: Edition, product: str, *, planned: Decimal, owed: Decimal) -> Decision:
    """3.2-3 to 3.2-5: a bank's own schedule adds up to the principal that is owed."""
    inputs = {"planned": planned, "owed": owed}
    return _one(
        edition, "loans.schedule", product, planned == owed, inputs, "loan-schedule-does-not-add-up", limit=owed
    )


def decide_plan_days(edition: Edition, product: str, *, days: Sequence[date], changed_on: date) -> Decision:
    """3.2-3 to 3.2-5: instalments follow each other, all of them after the change."""
    passed = list(days) == sorted(set(days)) and days[0] > changed_on
    inputs = {"first": days[0], "last": days[-1], "changed_on": changed_on}
    return _one(edition, "loans.schedule", product, passed, inputs, "loan-schedule-days")


def decide_extension(
    edition: Edition,
    product: str,
    *,
    extended: int,
    days_in_arrears: int,
    agreed_on: date,
    first_maturity: date,
    maturity: date,
    to: date,
    restructured: bool = False,
) -> Decision:
    """3.2-3 to 3.2-5: agreed before maturity and not while in arrears, so many times, and so many months in all.

    Restructured terms take in what is overdue, so that they are agreed in arrears and after maturity too."""
    servicing = edition.loan_servicing
    last = add_months(first_maturity, servicing.extension_months.value)
    rule = "loans.extension"
    once, before = {"extended": extended}, restructured or agreed_on <= maturity
    behind, met = {"days_in_arrears": days_in_arrears}, restructured or not days_in_arrears
    return combine(
        _one(edition, rule, product, extended < servicing.extensions.value, once, "loan-extended-before"),
        _one(edition, rule, product, met, behind, "loan-in-arrears"),
        _one(
            edition,
            rule,
            product,
            before,
            {"agreed_on": agreed_on},
            "loan-extension-after-maturity",
            limit=maturity,
        ),
        _one(edition, rule, product, maturity < to <= last, {"matures_on": to}, "loan-extension-too-long", limit=last),
    )


def _one(
    edition: Edition,
    rule: str,
    product: str,
    passed: bool,
    inputs: Mapping[str, RuleInput],
    message: str,
    *,
    limit: Decimal | date | int | None = None,
) -> Decision:
    code = MET if passed else message
    clause = clause_of(product)
    return edition.decision(edition.result(rule, passed, inputs, message=code, limit=limit, clause=clause))
