"""What an admission asks for, at its boundaries (4.3-2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.vouchers.providers.measures.rules import decide_heard, remedy_terms, statement_term
from services.vouchers.providers.rules import Applicant, Licence, Penalty, decide_admission
from services.vouchers.providers.standing import bar_to_selling
from services.vouchers.providers.terms import next_review, renewable_from, term_after, term_from
from shared.policy.edition import Edition

DAY = date(2019, 6, 3)
FIT = Applicant(categories=("legal_protection",), declared=True, penalties=(), licences=())


def messages(edition: Edition, applicant: Applicant, day: date = DAY) -> list[str]:
    return [result.message for result in decide_admission(edition, applicant, day).failures]


def with_terms(edition: Edition, **values: Any) -> Edition:
    """The edition with other values in the section on providers."""
    section = edition.vouchers.providers
    params = {name: getattr(section, name).model_copy(update={"value": value}) for name, value in values.items()}
    vouchers = edition.vouchers.model_copy(update={"providers": section.model_copy(update=params)})
    return edition.model_copy(update={"vouchers": vouchers})


def test_whoever_declares_and_has_no_penalty_is_fit(edition: Edition) -> None:
    assert messages(edition, FIT) == []


def test_without_a_declaration_nobody_is_admitted_unless_the_edition_asks_for_none(edition: Edition) -> None:
    silent = replace(FIT, declared=False)
    assert messages(edition, silent) == ["provider-declaration-missing"]
    assert messages(with_terms(edition, declaration_required=False), silent) == []


@pytest.mark.parametrize(
    ("penalty_on", "day", "barred"),
    [
        (date(2017, 6, 4), date(2019, 6, 3), True),
        (date(2017, 6, 3), date(2019, 6, 3), True),
        (date(2017, 6, 2), date(2019, 6, 3), False),
        (date(2016, 2, 29), date(2018, 2, 28), True),
        (date(2016, 2, 29), date(2018, 3, 1), False),
        (date(2019, 6, 3), date(2019, 6, 3), True),
        (date(2010, 1, 1), date(2019, 6, 3), False),
    ],
    ids=["day-before", "on-the-day", "day-after", "leap-last-day", "leap-day-after", "today", "long-ago"],
)
def test_a_penalty_bars_for_two_years_its_last_day_included(
    edition: Edition, penalty_on: date, day: date, barred: bool
) -> None:
    applicant = replace(FIT, penalties=(Penalty(penalty_on, "罚字1号"),))
    assert messages(edition, applicant, day) == (["provider-penalty-on-record"] if barred else [])


def test_the_latest_of_several_penalties_counts(edition: Edition) -> None:
    both = (Penalty(date(2018, 1, 1), "2"), Penalty(date(2010, 1, 1), "1"))
    assert messages(edition, replace(FIT, penalties=both)) == ["provider-penalty-on-record"]


@pytest.mark.parametrize(
    ("licences", "needed", "failure"),
    [
        ((), (), None),
        ((), ("legal_protection",), "provider-licence-missing"),
        ((), ("*",), "provider-licence-missing"),
        ((), ("exhibition",), None),
        (((date(2018, 1, 1), None),), ("legal_protection",), None),
        (((date(2018, 1, 1), DAY),), ("legal_protection",), None),
        (((date(2018, 1, 1), DAY - timedelta(days=1)),), ("legal_protection",), "provider-licence-expired"),
        (((date(2018, 1, 1), DAY - timedelta(days=1)),), (), "provider-licence-expired"),
        (((DAY, None),), ("*",), None),
        (((DAY + timedelta(days=1), None),), ("*",), "provider-licence-missing"),
    ],
    ids=[
        "none-needed",
        "one-needed",
        "all-need-one",
        "needed-for-another",
        "without-end",
        "last-day",
        "day-after",
        "ended-though-not-needed",
        "first-day",
        "day-before-the-first",
    ],
)
def test_a_licence_is_valid_from_its_first_to_its_last_day(
    edition: Edition, licences: tuple[tuple[date, date | None], ...], needed: tuple[str, ...], failure: str | None
) -> None:
    applicant = replace(FIT, licences=[Licence(*days) for days in licences])
    found = messages(with_terms(edition, licensed_categories=needed), applicant)
    assert found == ([] if failure is None else [failure])


def test_an_admission_runs_24_months_to_the_day_before_its_anniversary(edition: Edition) -> None:
    assert term_from(edition, DAY) == date(2021, 6, 2)
    assert term_from(edition, date(2020, 2, 29)) == date(2022, 2, 27)
    assert next_review(edition, DAY) == date(2020, 6, 3)


def test_a_renewal_follows_the_term_that_runs_and_a_late_one_begins_with_the_decision(edition: Edition) -> None:
    assert renewable_from(edition, date(2021, 6, 2)) == date(2021, 3, 4)
    assert term_after(edition, date(2021, 6, 2), date(2021, 5, 1)) == date(2023, 6, 2)
    assert term_after(edition, date(2021, 6, 2), date(2021, 6, 10)) == date(2023, 6, 9)


class Row:
    """A provider as a sale looks at it."""

    def __init__(self, **values: Any) -> None:
        self.status = values.get("status", "admitted")
        self.categories = ["legal_protection"]
        self.admitted_on: date | None = values.get("admitted_on", date(2019, 1, 1))
        self.admitted_until: date | None = values.get("admitted_until", date(2020, 12, 31))
        self.licensed_until: date | None = values.get("licensed_until")


@pytest.mark.parametrize(
    ("row", "category", "bar"),
    [
        (Row(), "legal_protection", None),
        (None, "legal_protection", "provider-not-admitted"),
        (Row(status="reviewed", admitted_on=None, admitted_until=None), "legal_protection", "provider-not-admitted"),
        (Row(status="suspended"), "legal_protection", "provider-suspended"),
        (Row(status="removed"), "legal_protection", "provider-not-admitted"),
        (Row(status="expired"), "legal_protection", "provider-admission-expired"),
        (Row(admitted_on=DAY), "legal_protection", None),
        (Row(admitted_on=DAY + timedelta(days=1)), "legal_protection", "provider-not-admitted"),
        (Row(admitted_until=DAY), "legal_protection", None),
        (Row(admitted_until=DAY - timedelta(days=1)), "legal_protection", "provider-admission-expired"),
        (Row(licensed_until=DAY), "legal_protection", None),
        (Row(licensed_until=DAY - timedelta(days=1)), "legal_protection", "provider-licence-expired"),
        (Row(), "exhibition", "provider-not-in-category"),
    ],
    ids=[
        "admitted",
        "unknown",
        "reviewed",
        "suspended",
        "removed",
        "expired",
        "first-day",
        "day-before",
        "last-day",
        "day-after",
        "licence-last-day",
        "licence-day-after",
        "other-category",
    ],
)
def test_a_provider_sells_on_the_days_of_its_admission_and_licences(
    row: Row | None, category: str, bar: str | None
) -> None:
    assert bar_to_selling(row, category, DAY) == bar


def test_a_statement_may_be_made_for_five_working_days_the_day_of_service_not_counted(edition: Edition) -> None:
    assert statement_term(edition, date(2019, 6, 3)).day == date(2019, 6, 11)  # the 7th is Dragon Boat day


@pytest.mark.parametrize(
    ("stated_on", "day", "heard"),
    [
        (None, date(2019, 6, 11), False),
        (None, date(2019, 6, 12), True),
        (date(2019, 6, 4), date(2019, 6, 4), True),
    ],
    ids=["last-day", "day-after", "stated-early"],
)
def test_nothing_is_proposed_before_the_provider_was_heard(
    edition: Edition, stated_on: date | None, day: date, heard: bool
) -> None:
    assert decide_heard(edition, date(2019, 6, 11), stated_on, day).passed is heard


def test_remedies_run_60_days_and_6_months_from_service_and_roll_over_holidays(edition: Edition) -> None:
    reconsideration, litigation = remedy_terms(edition, date(2019, 6, 12))
    assert reconsideration.day == date(2019, 8, 12)  # the 11th is a Sunday
    assert litigation.day == date(2019, 12, 12)
