"""Budget lines at their boundaries, rule by rule."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.finance.appropriations import rules
from services.finance.journal import rules as book_rules
from services.finance.journal.accounts import DEBIT_CREDIT, Account, Movement
from services.finance.journal.chart import CHART
from shared.policy.edition import load_editions

EDITION = load_editions(None).get("lhasa-2019")


@pytest.mark.parametrize(
    ("status", "needed", "code"),
    [
        ("approved", None, "rule-met"),
        (None, None, "appropriation-missing"),
        ("recorded", None, "appropriation-missing"),
        ("refused", None, "appropriation-missing"),
        ("closed", None, "appropriation-closed"),
        (None, False, "rule-met"),
        ("closed", False, "appropriation-closed"),
    ],
)
def test_what_is_not_budgeted_is_not_approved(status: str | None, needed: bool | None, code: str) -> None:
    decision = rules.decide_line(EDITION, programme="grants", year=2019, status=status, needed=needed)
    assert [result.message for result in decision.results] == [code]


@pytest.mark.parametrize(
    ("programme", "clause"),
    [
        ("grants", "3.1-4"),
        ("interest_subsidy", "3.2-4"),
        ("guarantee_compensation", "3.2-3"),
        ("angel_fund", "3.2-2"),
        ("financing_reward", "3.3-2"),
        ("alliance_support", "4.6-3"),
    ],
)
def test_each_programme_s_line_cites_the_clause_it_pays_for(programme: str, clause: str) -> None:
    decision = rules.decide_line(EDITION, programme=programme, year=2019, status=None)
    assert {result.clause for result in decision.results} == {clause}


@pytest.mark.parametrize(
    ("programme", "year", "code"),
    [
        ("grants", 2018, "appropriation-year-not-open"),
        ("grants", 2019, None),
        ("grants", 2020, None),
        ("grants", 2021, "appropriation-year-not-open"),
        ("gifts", 2019, "appropriation-programme-unknown"),
    ],
)
def test_a_year_since_the_policy_s_first_up_to_the_next_one(programme: str, year: int, code: str | None) -> None:
    today = date(2019, 5, 6)
    decision = rules.decide_programme(EDITION, programme=programme, year=year, first_year=2019, today=today)
    assert next((result.message for result in decision.failures), None) == code


@pytest.mark.parametrize(("budget", "passed"), [("100.01", True), ("100.00", True), ("99.99", False)])
def test_a_lowered_line_covers_what_is_committed_to_the_cent(budget: str, passed: bool) -> None:
    decision = rules.decide_covers(
        EDITION, programme="grants", budget=Decimal(budget), committed=Decimal("100.00"), amount=Decimal("1.00")
    )
    assert decision.passed is passed


@pytest.mark.parametrize(
    ("day", "passed"), [(date(2019, 12, 30), False), (date(2019, 12, 31), True), (date(2020, 3, 1), True)]
)
def test_a_year_is_closed_on_its_last_day_or_later(day: date, passed: bool) -> None:
    assert rules.decide_year_end(EDITION, year=2019, day=day).passed is passed


@pytest.mark.parametrize(("carry_over", "passed"), [("0.00", True), ("50.00", True), ("50.01", False)])
def test_no_more_is_carried_over_than_is_free(carry_over: str, passed: bool) -> None:
    decision = rules.decide_carry_over(
        EDITION, programme="grants", carry_over=Decimal(carry_over), free=Decimal("50.00")
    )
    assert decision.passed is passed


@pytest.mark.parametrize(("actor", "passed"), [("a", False), ("b", True)])
def test_whoever_proposed_does_not_decide(actor: str, passed: bool) -> None:
    assert rules.decide_another_person(EDITION, actor=actor, proposed_by="a").passed is passed
    assert book_rules.decide_another_person(EDITION, actor=actor, proposed_by="a").passed is passed


@pytest.mark.parametrize(
    ("year", "month", "bounds"),
    [
        (2019, None, ("2019", date(2019, 1, 1), date(2019, 12, 31))),
        (2019, 2, ("2019-02", date(2019, 2, 1), date(2019, 2, 28))),
        (2020, 2, ("2020-02", date(2020, 2, 1), date(2020, 2, 29))),
        (2019, 12, ("2019-12", date(2019, 12, 1), date(2019, 12, 31))),
    ],
)
def test_a_period_is_a_month_or_a_year(year: int, month: int | None, bounds: tuple[str, date, date]) -> None:
    assert book_rules.bounds_of(year, month) == bounds


@pytest.mark.parametrize(("today", "passed"), [(date(2019, 4, 30), False), (date(2019, 5, 1), True)])
def test_a_period_is_closed_after_its_last_day(today: date, passed: bool) -> None:
    decision = book_rules.decide_period_over(EDITION, label="2019-04", ends_on=date(2019, 4, 30), today=today)
    assert decision.passed is passed


def test_every_account_is_in_the_chart_and_every_movement_has_its_two_accounts() -> None:
    assert set(CHART) == set(Account)
    assert set(DEBIT_CREDIT) == set(Movement)
    assert all(title.zh and title.en for title in CHART.values())


@pytest.mark.parametrize("movement", sorted(Movement))
def test_a_movement_stays_within_its_programme(movement: Movement) -> None:
    """So that each programme's trial balance sums to zero."""
    debit, credit = DEBIT_CREDIT[movement]
    assert debit.partition(".")[0] == credit.partition(".")[0]
