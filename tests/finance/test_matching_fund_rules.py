"""Matching funds (5.1-2): what may be budgeted, spent and taken back, at its boundaries."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.finance.matching_funds.rules import (
    decide_another_person,
    decide_budget_year,
    decide_centre,
    decide_enterprise,
    decide_lowered,
    decide_purpose,
    decide_spending_day,
    decide_within_budget,
    places_of,
)
from shared.policy.edition import load_editions

EDITION = load_editions(None).get("lhasa-2019")


@pytest.mark.parametrize(
    ("division", "year", "message"),
    [
        ("540102", 2018, "matching-fund-year-not-open"),
        ("540102", 2019, None),
        ("540102", 2020, None),  # the next year's budget
        ("540102", 2021, "matching-fund-year-not-open"),
        ("LIUWU", 2019, None),
        ("540100", 2019, "matching-fund-division-unknown"),
    ],
)
def test_divisions_of_the_edition_budget_from_its_first_year_to_the_next(
    division: str, year: int, message: str | None
) -> None:
    decision = decide_budget_year(EDITION, division=division, year=year, today=date(2019, 12, 31))
    assert [failed.message for failed in decision.failures] == ([message] if message else [])


def test_a_district_pays_for_the_parks_that_lie_in_it_and_a_park_for_itself() -> None:
    assert places_of(EDITION, "540103") == {"540103", "540172", "LIUWU"}
    assert places_of(EDITION, "540172") == {"540172"}


@pytest.mark.parametrize(("amount", "passed"), [("99.99", False), ("100.00", True), ("100.01", True)])
def test_a_revised_budget_covers_what_was_spent(amount: str, passed: bool) -> None:
    assert decide_lowered(EDITION, amount=Decimal(amount), spent=Decimal("100.00")).passed is passed


@pytest.mark.parametrize(
    ("spent_on", "approved_on", "passed"),
    [
        (date(2018, 12, 31), date(2018, 12, 1), False),
        (date(2019, 1, 1), date(2018, 12, 1), True),
        (date(2019, 12, 31), date(2019, 4, 1), True),
        (date(2020, 1, 1), date(2019, 4, 1), False),
        (date(2019, 3, 31), date(2019, 4, 1), False),
        (date(2019, 4, 1), date(2019, 4, 1), True),
        (date(2019, 4, 1), None, False),
    ],
)
def test_a_payment_falls_into_the_year_and_not_before_the_first_approval(
    spent_on: date, approved_on: date | None, passed: bool
) -> None:
    assert decide_spending_day(EDITION, year=2019, spent_on=spent_on, approved_on=approved_on).passed is passed


@pytest.mark.parametrize(
    ("status", "delisted", "shown"),
    [
        ("listed", False, None),
        ("listed", True, "delisted"),
        ("suspended", False, "suspended"),
        ("withdrawn", False, "withdrawn"),
        ("draft", False, "draft"),
    ],
)
def test_only_a_listed_centre_is_paid(status: str, delisted: bool, shown: str | None) -> None:
    decision = decide_centre(EDITION, status=status, delisted=delisted)
    assert [failed.inputs["status"] for failed in decision.failures] == ([shown] if shown else [])


def test_a_merged_record_is_paid_no_more() -> None:
    assert decide_enterprise(EDITION, enterprise="A", survivor=None).passed
    refused = decide_enterprise(EDITION, enterprise="A", survivor="B")
    assert refused.failures[0].message == "matching-fund-recipient-merged"


def test_purposes_are_the_editions() -> None:
    assert decide_purpose(EDITION, "operations").passed
    assert not decide_purpose(EDITION, "banquets").passed


def test_a_refused_payment_says_what_is_left() -> None:
    decision = decide_within_budget(
        EDITION, fits=False, amount=Decimal("0.02"), committed=Decimal("99.99"), limit=Decimal("100.00")
    )
    assert decision.failures[0].inputs["remaining"] == "0.01"


@pytest.mark.parametrize(("actor", "passed"), [("a", False), ("b", True)])
def test_whoever_recorded_does_not_approve(actor: str, passed: bool) -> None:
    assert decide_another_person(EDITION, actor=actor, handled_by={"recorded": "a", "approved": None}).passed is passed
