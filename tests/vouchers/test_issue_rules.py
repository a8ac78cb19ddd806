"""4.3: who may be issued a voucher, at the boundaries."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.vouchers.vouchers.rules import (
    Place,
    Terms,
    decide_budget,
    decide_category,
    decide_enclave_issuer,
    decide_in_centre,
    decide_issuer,
    decide_programme_open,
    decide_quota,
    decide_startup_age,
    valid_until,
)
from shared.policy.edition import load_editions

EDITION = load_editions(None).get("lhasa-2019")
DAY = date(2019, 6, 3)
QUOTA = Decimal("100000.00")


def place(status: str = "listed", owner: str = "540102", site: str = "540102", *, delisted: bool = False) -> Place:
    return Place(status, owner, site, date(2019, 2, 1), delisted)


def terms(status: str = "open", opened_on: date | None = date(2019, 3, 1), year: int = 2019) -> Terms:
    return Terms("540102", status, year, opened_on, ("legal_protection",), 60, QUOTA, Decimal("1000000.00"))


@pytest.mark.parametrize(
    ("registered_on", "day", "passed"),
    [
        (date(2014, 6, 3), date(2019, 6, 3), True),
        (date(2014, 6, 2), date(2019, 6, 3), False),
        (date(2014, 6, 4), date(2019, 6, 3), True),
        (date(2019, 6, 3), date(2019, 6, 3), True),
        (date(2019, 6, 4), date(2019, 6, 3), False),
        (date(2016, 2, 29), date(2021, 2, 28), True),
        (date(2016, 2, 29), date(2021, 3, 1), False),
        (date(2014, 12, 31), date(2019, 12, 31), True),
    ],
)
def test_a_startup_is_at_most_sixty_months_old_the_corresponding_day_included(
    registered_on: date, day: date, passed: bool
) -> None:
    assert decide_startup_age(EDITION, registered_on, 60, day).passed is passed


@pytest.mark.parametrize(
    ("issued_on", "months", "last_day"),
    [
        (date(2019, 6, 3), 12, date(2020, 6, 3)),
        (date(2019, 8, 31), 6, date(2020, 2, 29)),
        (date(2020, 2, 29), 12, date(2021, 2, 28)),
        (date(2019, 1, 31), 1, date(2019, 2, 28)),
    ],
)
def test_a_voucher_lasts_to_the_corresponding_day_or_the_months_last(
    issued_on: date, months: int, last_day: date
) -> None:
    assert valid_until(issued_on, months) == last_day


@pytest.mark.parametrize(
    ("where", "passed", "message"),
    [
        (place(), True, "in-listed-centre"),
        (place("submitted"), False, "centre-not-listed"),
        (place("delisted"), False, "centre-not-listed"),
        (place(delisted=True), False, "centre-not-listed"),
        (None, False, "not-in-a-centre"),
    ],
)
def test_only_enterprises_in_a_listed_centre(where: Place | None, passed: bool, message: str) -> None:
    result = decide_in_centre(EDITION, where, DAY).results[0]
    assert (result.passed, result.message, result.clause) == (passed, message, "4.3-2")


def test_a_centre_counts_from_the_day_it_is_listed() -> None:
    assert decide_in_centre(EDITION, place(), date(2019, 2, 1)).passed
    assert not decide_in_centre(EDITION, place(), date(2019, 1, 31)).passed


@pytest.mark.parametrize(
    ("issuer", "where", "passed"),
    [
        ("540102", place(), True),
        ("540103", place(), False),
        ("540121", place(owner="540121"), True),
        ("540102", place(owner="540121"), True),
        ("540122", place(owner="540121"), False),
        ("540102", None, False),
    ],
)
def test_owner_and_site_division_issue_and_nobody_else(issuer: str, where: Place | None, passed: bool) -> None:
    assert decide_issuer(EDITION, issuer, where).passed is passed


@pytest.mark.parametrize(
    ("others", "passed"), [([], True), (["540121"], False), (["540102"], True), (["540102", "540121"], False)]
)
def test_an_enclave_firm_has_one_issuer_a_year(others: list[str], passed: bool) -> None:
    assert decide_enclave_issuer(EDITION, "540102", others).passed is passed


@pytest.mark.parametrize(
    ("committed", "amount", "passed"),
    [
        ("0.00", "100000.00", True),
        ("0.00", "100000.01", False),
        ("99999.99", "0.01", True),
        ("99999.99", "0.02", False),
        ("100000.00", "0.01", False),
    ],
)
def test_quota_and_budget_hold_at_the_fen(committed: str, amount: str, passed: bool) -> None:
    for decide in (decide_quota, decide_budget):
        assert decide(EDITION, QUOTA, Decimal(committed), Decimal(amount)).passed is passed


@pytest.mark.parametrize(
    ("programme", "day", "message"),
    [
        (terms(), date(2019, 3, 1), "programme-open"),
        (terms(), date(2019, 2, 28), "programme-not-open"),
        (terms(), date(2019, 12, 31), "programme-open"),
        (terms(), date(2020, 1, 1), "programme-of-other-year"),
        (terms("draft", None), DAY, "programme-not-open"),
        (terms("closed"), DAY, "programme-not-open"),
    ],
)
def test_a_programme_issues_while_open_and_in_its_year(programme: Terms, day: date, message: str) -> None:
    result = decide_programme_open(EDITION, programme, day).results[0]
    assert (result.message, result.passed) == (message, message == "programme-open")


@pytest.mark.parametrize(("category", "passed"), [(None, True), ("legal_protection", True), ("exhibition", False)])
def test_a_voucher_for_one_category_names_one_of_the_programmes(category: str | None, passed: bool) -> None:
    assert decide_category(EDITION, category, ("legal_protection",)).passed is passed
