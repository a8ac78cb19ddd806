"""Repayment schedules to the fen: three methods, odd periods, holidays, tranches and changes (3.2-3 to 3.2-5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st

from services.finance.loans.states import SCHEDULES
from services.finance.servicing.replanning import Standing, capitalise, replan
from services.finance.servicing.schedule import Instalment, Terms, plan
from shared.calendar import add_months

YEAR = Terms(Decimal("100000.00"), Decimal("4.35"), date(2019, 3, 15), date(2020, 3, 15), "bullet", 3)


def parts(instalments: list[Instalment]) -> list[tuple[str, str]]:
    return [(f"{each.principal}", f"{each.interest}") for each in instalments]


def test_a_bullet_loan_pays_interest_by_quarter_and_principal_at_the_end() -> None:
    assert parts(plan(YEAR)) == [("0.00", "1087.50")] * 3 + [("100000.00", "1087.50")]


def test_equal_principal_puts_the_rest_into_the_last_instalment() -> None:
    terms = replace(YEAR, principal=Decimal("100000.01"), method="equal_principal", matures_on=date(2019, 12, 15))
    assert parts(plan(terms)) == [("33333.33", "1087.50"), ("33333.33", "725.00"), ("33333.35", "362.50")]


def test_equal_instalments_are_equal_to_the_fen_but_for_the_last() -> None:
    terms = replace(YEAR, method="equal_instalment", every_months=1)
    instalments = plan(terms)
    assert len(instalments) == 12
    totals = [each.total for each in instalments]
    assert set(totals[:-1]) == {Decimal("8530.99")}
    assert abs(totals[-1] - Decimal("8530.99")) < Decimal("0.12")
    assert sum(each.principal for each in instalments) == Decimal("100000.00")


def test_a_loan_without_interest_is_repaid_in_equal_parts() -> None:
    terms = replace(YEAR, rate=Decimal(0), method="equal_instalment", principal=Decimal("100.00"), every_months=4)
    assert parts(plan(terms)) == [("33.33", "0.00"), ("33.33", "0.00"), ("33.34", "0.00")]


def test_a_31st_comes_back_after_february() -> None:
    terms = replace(YEAR, starts_on=date(2019, 1, 31), matures_on=date(2019, 7, 31), every_months=1)
    assert [each.nominal_on.day for each in plan(terms)] == [28, 31, 30, 31, 30, 31]


def test_an_odd_last_period_counts_its_days() -> None:
    terms = replace(YEAR, matures_on=date(2019, 6, 25))
    assert parts(plan(terms)) == [("0.00", "1087.50"), ("100000.00", "120.83")]  # 10 days of 360


@pytest.mark.parametrize(
    ("nominal", "due"),
    [
        (date(2019, 10, 1), date(2019, 10, 8)),  # the National Day's week
        (date(2019, 9, 28), date(2019, 9, 29)),  # a Saturday; Sunday the 29th is worked
        (date(2019, 9, 27), date(2019, 9, 27)),
    ],
)
def test_a_day_that_is_a_holiday_rolls_to_the_next_working_day(nominal: date, due: date) -> None:
    (instalment,) = plan(replace(YEAR, matures_on=nominal, every_months=12))
    assert (instalment.nominal_on, instalment.due_on) == (nominal, due)
    (kept,) = plan(replace(YEAR, matures_on=nominal, every_months=12, roll_holidays=False))
    assert kept.due_on == nominal


@pytest.mark.parametrize(
    "wrong",
    [{"principal": Decimal(0)}, {"matures_on": date(2019, 3, 15)}, {"every_months": 0}, {"rate": Decimal(-1)}],
    ids=["principal", "maturity", "interval", "rate"],
)
def test_terms_that_make_no_plan_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="a plan needs"):
        plan(replace(YEAR, **wrong))  # type: ignore[arg-type]  # the wrong values are the point


def test_a_second_tranche_costs_interest_from_its_own_day() -> None:
    first = plan(YEAR)
    standing = Standing(first, Decimal(0), Decimal(0), Decimal("150000.00"))
    changed = replan(standing, YEAR, date(2019, 4, 14))  # 30 days into the quarter
    # 150,000 for the quarter is 1,631.25; the 50,000 are owed 30 days less: 181.25.
    assert parts(changed) == [("0.00", "1450.00"), ("0.00", "1631.25"), ("0.00", "1631.25"), ("150000.00", "1631.25")]


def test_an_early_payment_lowers_what_follows_and_keeps_the_days_before_it() -> None:
    first = plan(YEAR)
    standing = Standing(first, Decimal("40000.00"), Decimal(0), Decimal("100000.00"))
    changed = replan(standing, YEAR, date(2019, 4, 14))
    assert parts(changed)[:2] == [("40000.00", "0.00"), ("0.00", "797.50")]  # 652.50 + 145.00 for 30 days of 40,000
    assert sum(each.principal for each in changed) == Decimal("100000.00")


def test_what_was_due_and_not_paid_stays_due_when_a_tranche_follows() -> None:
    terms = replace(YEAR, method="equal_principal")
    first = plan(terms)
    standing = Standing(first, Decimal(0), Decimal(0), Decimal("120000.00"))
    after = replace(terms, starts_on=date(2019, 6, 15), anchor=YEAR.starts_on)
    changed = replan(standing, after, date(2019, 7, 1))
    assert changed[0] == first[0]
    assert sum(each.principal for each in changed) == Decimal("120000.00")


def test_a_restructured_loan_has_nothing_overdue_any_more() -> None:
    standing = Standing(plan(YEAR), Decimal("10000.00"), Decimal("500.00"), Decimal("100000.00"))
    changed = capitalise(standing, replace(YEAR, matures_on=date(2021, 3, 15)), date(2020, 6, 1))
    assert parts(changed)[0] == ("10000.00", "500.00")
    assert min(each.nominal_on for each in changed[1:]) > date(2020, 6, 1)
    assert sum(each.principal for each in changed) == Decimal("100000.00")


@settings(max_examples=150, deadline=None)
@given(
    fen=st.integers(1, 500_000_000),
    rate=st.integers(0, 2400),
    months=st.integers(1, 60),
    every=st.sampled_from([1, 2, 3, 6, 12]),
    method=st.sampled_from(SCHEDULES),
    start=st.dates(date(2019, 1, 1), date(2020, 12, 31)),
    change=st.integers(0, 400),
    paid=st.integers(0, 100),
)
def test_the_principal_always_adds_up_to_what_was_paid_out(
    fen: int, rate: int, months: int, every: int, method: str, start: date, change: int, paid: int
) -> None:
    amount = Decimal(fen) / 100
    terms = Terms(amount, Decimal(rate) / 100, start, add_months(start, months), method, every, roll_holidays=False)
    first = plan(terms)
    assert sum(each.principal for each in first) == amount
    assert all(each.principal >= 0 and each.interest >= 0 for each in first)
    assert [each.nominal_on for each in first] == sorted({each.nominal_on for each in first})
    day = min(start + timedelta(days=change), terms.matures_on - timedelta(days=1))
    standing = Standing(first, (amount * paid / 100).quantize(Decimal("0.01")), Decimal(0), amount)
    running = max([each.nominal_on for each in first if each.nominal_on <= day], default=start)
    changed = replan(standing, replace(terms, starts_on=running, anchor=start), day)
    assert sum(each.principal for each in changed) == amount
    assert all(each.principal >= 0 and each.interest >= 0 for each in changed)
