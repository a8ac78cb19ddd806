"""The rules of stays, relocations, addresses, flags and sizes, at their boundaries."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.registry.enterprises.particulars.rules import YearFigures, decide_size, flag_status, latest_end
from services.registry.enterprises.rules import fields_to_confirm, registered_in_city
from services.registry.tenancies.rules import (
    Relocation,
    decide_admission,
    decide_entry_age,
    decide_filing,
    decide_stay,
    filing_due,
    filing_due_after_transfer,
    long_stay_field,
    relocation_waives,
    stay_until,
)
from shared.policy.edition import load_editions

LHASA = load_editions(None).get("lhasa-2019")


@pytest.mark.parametrize(
    ("industry", "field", "since", "until"),
    [
        ("I6510", None, date(2019, 6, 3), date(2023, 6, 3)),
        ("I6520", "integrated_circuits", date(2019, 6, 3), date(2024, 6, 3)),
        ("C3973", "integrated_circuits", date(2019, 6, 3), date(2024, 6, 3)),
        ("C3974", None, date(2019, 6, 3), date(2023, 6, 3)),
        ("C2740", "biomedicine", date(2019, 6, 3), date(2024, 6, 3)),
        ("A0111", "modern_agriculture", date(2019, 6, 3), date(2024, 6, 3)),
        ("I6510", None, date(2020, 2, 29), date(2024, 2, 29)),  # from leap day to leap day
        ("A0111", "modern_agriculture", date(2020, 2, 29), date(2025, 2, 28)),  # no such day: the month's last
    ],
)
def test_longest_stay_is_48_months_and_60_in_three_fields(
    industry: str, field: str | None, since: date, until: date
) -> None:
    assert long_stay_field(LHASA, industry) == field
    assert stay_until(LHASA, industry, since) == until


@pytest.mark.parametrize(("day", "within"), [(date(2023, 6, 3), True), (date(2023, 6, 4), False)])
def test_last_day_of_the_longest_stay_still_counts(day: date, within: bool) -> None:
    decision = decide_stay(LHASA, date(2019, 6, 3), date(2023, 6, 3), day)
    assert decision.passed is within
    assert decision.clauses == ("2.1-1",)
    assert decision.results[0].limit == "2023-06-03"


@pytest.mark.parametrize(
    ("left_on", "admitted_on", "waived"),
    [
        (date(2021, 3, 2), date(2021, 3, 1), False),
        (date(2021, 3, 2), date(2021, 3, 2), True),  # what stands in the way is that it is still there that day
        (date(2021, 3, 2), date(2021, 3, 3), True),
        (date(2021, 3, 2), date(2021, 9, 2), True),
        (date(2021, 3, 2), date(2021, 9, 3), False),
        (date(2020, 8, 31), date(2021, 2, 28), True),  # six months on there is no 31st
        (date(2020, 8, 31), date(2021, 3, 1), False),
    ],
)
def test_relocation_keeps_the_age_for_six_months(left_on: date, admitted_on: date, waived: bool) -> None:
    relocation = Relocation(stay_since=date(2019, 6, 3), left_on=left_on)
    assert relocation_waives(LHASA, relocation, admitted_on) is waived
    old = decide_admission(LHASA, "listed", date(2018, 1, 1), admitted_on, relocation=relocation)
    assert old.passed is waived


def test_nobody_was_relocated_without_a_relocation() -> None:
    assert not relocation_waives(LHASA, None, date(2021, 3, 3))


def test_project_without_a_code_has_no_age_at_entry() -> None:
    decision = decide_admission(LHASA, "listed", None, date(2019, 6, 3))
    assert decision.passed
    assert [result.message for result in decision.results] == ["centre-listed", "age-at-entry-of-a-project"]


@pytest.mark.parametrize(
    ("registered_on", "since", "project", "passed"),
    [
        (date(2018, 2, 28), date(2020, 2, 28), False, True),
        (date(2018, 2, 28), date(2020, 2, 29), False, False),
        (date(2016, 2, 29), date(2018, 2, 28), False, True),
        (date(2016, 2, 29), date(2018, 3, 1), False, False),
        (date(2019, 9, 2), date(2019, 6, 3), False, False),
        (date(2019, 9, 2), date(2019, 6, 3), True, True),  # it entered before it had a code
    ],
)
def test_age_at_entry_is_looked_at_again_at_graduation(
    registered_on: date, since: date, project: bool, passed: bool
) -> None:
    assert decide_entry_age(LHASA, registered_on, since, ageless=project).passed is passed


@pytest.mark.parametrize(
    ("admitted_on", "due_on"),
    [
        (date(2019, 6, 3), date(2019, 7, 3)),
        (date(2019, 9, 4), date(2019, 10, 8)),  # day 30 lies in the National Day week
        (date(2020, 2, 1), date(2020, 3, 2)),  # over the leap day
        (date(2019, 2, 16), date(2019, 4, 17)),  # before publication: 30 days from then
    ],
)
def test_filing_is_in_time_on_day_30_and_late_on_day_31(admitted_on: date, due_on: date) -> None:
    due = filing_due(LHASA, admitted_on)
    assert due == due_on
    on_time, late = (decide_filing(LHASA, day, due) for day in (due, date.fromordinal(due.toordinal() + 1)))
    assert (on_time.results[0].message, late.results[0].message) == ("filed-in-time", "filed-late")


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("西藏自治区拉萨市经济技术开发区林琼岗路5号", True),
        ("西藏拉萨市城关区江苏路19号", True),
        ("拉萨市柳梧新区慈松塘路", True),
        ("拉萨经济技术开发区 A 区", True),
        ("西藏自治区 拉萨市 达孜区", True),
        ("西藏自治区日喀则市桑珠孜区", False),
        ("西藏自治区那曲地区", False),
        ("四川省成都市武侯区拉萨路1号", False),
        ("北京市朝阳区", False),
        ("堆龙德庆区羊达乡", None),
        ("经济技术开发区林琼岗路5号", None),
        ("拉萨路12号", None),
        ("", None),
        (None, None),
    ],
)
def test_registered_address_decides_whether_it_is_in_the_city(address: str | None, inside: bool | None) -> None:
    assert registered_in_city(LHASA, address) is inside


def test_contact_particulars_need_no_confirmation_and_all_else_does() -> None:
    assert fields_to_confirm(["contact_phone", "contact_email"]) == ()
    assert fields_to_confirm(["name", "contact_phone", "legal_representative_ref"]) == (
        "legal_representative_ref",
        "name",
    )


@pytest.mark.parametrize(
    ("day", "withdrawn_on", "status"),
    [
        (date(2019, 12, 1), None, "not_yet_valid"),
        (date(2019, 12, 2), None, "valid"),
        (date(2022, 12, 2), None, "valid"),
        (date(2022, 12, 3), None, "expired"),
        (date(2021, 5, 9), date(2021, 5, 10), "valid"),
        (date(2021, 5, 10), date(2021, 5, 10), "withdrawn"),
        (date(2023, 1, 1), date(2021, 5, 10), "withdrawn"),
    ],
)
def test_certificate_counts_from_its_first_through_its_last_day(
    day: date, withdrawn_on: date | None, status: str
) -> None:
    assert flag_status(date(2019, 12, 2), date(2022, 12, 2), withdrawn_on, day) == status


def test_high_technology_certificate_runs_three_years() -> None:
    assert latest_end(LHASA, "high_tech", date(2020, 2, 29)) == date(2023, 2, 28)


def test_size_says_what_it_was_computed_from() -> None:
    size, decision = decide_size(LHASA, "I6510", YearFigures(9, Decimal("20000000.00"), None))
    assert size == "micro"
    assert decision.results[0].inputs["indicators"] == "staff, income"
    unknown, refused = decide_size(LHASA, "L7281", YearFigures(9, Decimal("20000000.00"), None))
    assert unknown is None
    assert not refused.passed


@pytest.mark.parametrize(
    ("transferred_on", "owed_by", "due_on"),
    [
        (date(2020, 2, 22), date(2020, 3, 4), date(2020, 3, 4)),  # the term that was running goes on
        (date(2020, 3, 4), date(2020, 3, 4), date(2020, 3, 4)),
        (date(2020, 3, 10), date(2020, 3, 4), date(2020, 3, 4)),  # late already, and late it stays
        (date(2020, 2, 22), None, date(2020, 3, 23)),  # filed there: the new centre has its own term
        (date(2019, 3, 2), date(2019, 4, 17), date(2019, 4, 17)),  # before publication: 30 days from then
    ],
)
def test_moving_on_gives_no_more_time_for_a_filing_that_is_owed(
    transferred_on: date, owed_by: date | None, due_on: date
) -> None:
    assert filing_due_after_transfer(LHASA, transferred_on, owed_by) == due_on
