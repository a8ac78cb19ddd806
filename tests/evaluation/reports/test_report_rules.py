"""Quarterly reports (2.3-2): due days, lateness, completeness, numbers that cannot be true together."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.evaluation.reports import rules
from services.evaluation.reports.checks import Around, checked, decide_consistent
from services.evaluation.reports.form import missing_fields, validated, year_of
from shared.http.validation import PayloadInvalid
from shared.policy.edition import load_editions
from tests.evaluation.support import full_form

LHASA = load_editions(None).get("lhasa-2019")
FORM = LHASA.report_form
AREA = Around(total_area_m2=Decimal("1200.00"))


@pytest.mark.parametrize(
    ("year", "quarter", "due_on"),
    [
        (2019, 1, date(2019, 4, 15)),
        (2019, 2, date(2019, 7, 15)),
        (2019, 3, date(2019, 10, 15)),
        (2019, 4, date(2020, 1, 15)),
        (2020, 4, date(2021, 1, 15)),
        (2022, 4, date(2023, 1, 16)),  # the 15th was a Sunday
        (2023, 2, date(2023, 7, 17)),  # a Saturday
        (2016, 1, date(2016, 4, 15)),
    ],
)
def test_report_is_due_on_day_15_rolled_to_a_working_day(year: int, quarter: int, due_on: date) -> None:
    assert rules.due_day(LHASA, year, quarter).day == due_on


@pytest.mark.parametrize(
    ("quarter", "first", "last"),
    [
        (1, date(2020, 1, 1), date(2020, 3, 31)),
        (2, date(2020, 4, 1), date(2020, 6, 30)),
        (3, date(2020, 7, 1), date(2020, 9, 30)),
        (4, date(2020, 10, 1), date(2020, 12, 31)),
    ],
)
def test_quarter_has_its_days(quarter: int, first: date, last: date) -> None:
    assert (rules.first_day(2020, quarter), rules.last_day(2020, quarter)) == (first, last)


@pytest.mark.parametrize(
    ("submitted_on", "in_time"),
    [(date(2019, 4, 1), True), (date(2019, 4, 15), True), (date(2019, 4, 16), False), (date(2019, 12, 31), False)],
)
def test_report_is_late_from_the_day_after_its_due_day(submitted_on: date, in_time: bool) -> None:
    decision = rules.decide_in_time(LHASA, date(2019, 4, 15), submitted_on, enough_on=submitted_on)
    assert decision.passed is in_time
    assert decision.results[0].clause == "2.3-2"


@pytest.mark.parametrize(
    ("enough_on", "message"),
    [
        (date(2019, 4, 10), "report-in-time"),
        (date(2019, 4, 15), "report-in-time"),  # a second version on the due day
        (date(2019, 4, 16), "report-too-little-in-time"),
        (None, "report-too-little-in-time"),
    ],
)
def test_a_term_is_kept_by_a_report_that_has_enough_filled_by_the_due_day(enough_on: date | None, message: str) -> None:
    decision = rules.decide_in_time(LHASA, date(2019, 4, 15), date(2019, 4, 10), enough_on)
    assert (decision.passed, decision.results[0].message) == (message == "report-in-time", message)


@pytest.mark.parametrize(("filled", "enough"), [(21, True), (17, True), (16, False), (1, False)])
def test_enough_are_80_percent_of_the_required_fields(filled: int, enough: bool) -> None:
    assert rules.enough_filled(LHASA, filled, 21) is enough


@pytest.mark.parametrize(
    ("listed_on", "left", "due"),
    [
        (date(2018, 5, 1), None, (1, 2, 3, 4)),
        (date(2020, 3, 31), None, (1, 2, 3, 4)),
        (date(2020, 4, 1), None, (2, 3, 4)),
        (date(2020, 12, 31), None, (4,)),
        (date(2021, 1, 1), None, ()),
        (date(2018, 5, 1), date(2020, 3, 31), ()),
        (date(2018, 5, 1), date(2020, 4, 1), (1,)),
        (date(2018, 5, 1), date(2020, 9, 29), (1, 2)),
        (date(2018, 5, 1), date(2020, 9, 30), (1, 2)),
        (date(2018, 5, 1), date(2020, 10, 1), (1, 2, 3)),
        (None, None, ()),
    ],
)
def test_reports_are_due_for_quarters_listed_on_their_last_day(
    listed_on: date | None, left: date | None, due: tuple[int, ...]
) -> None:
    assert rules.due_quarters(LHASA, 2020, listed_on, left) == due


@pytest.mark.parametrize(
    ("delisted_on", "withdrawn_on", "left"),
    [
        (None, None, None),
        (date(2020, 5, 1), None, date(2020, 5, 1)),
        (None, date(2020, 5, 1), date(2020, 5, 1)),
        (date(2021, 3, 1), date(2020, 5, 1), date(2020, 5, 1)),
        (date(2020, 5, 1), date(2020, 5, 2), date(2020, 5, 1)),
    ],
)
def test_a_centre_has_left_on_the_earlier_of_delisting_and_withdrawal(
    delisted_on: date | None, withdrawn_on: date | None, left: date | None
) -> None:
    assert rules.left_on(delisted_on, withdrawn_on) == left


def test_no_report_fell_due_before_the_policy_was_published() -> None:
    assert rules.due_quarters(LHASA, 2018, date(2017, 1, 1), None) == ()
    assert rules.due_quarters(LHASA, 2019, date(2017, 1, 1), None) == (1, 2, 3, 4)


def test_correction_is_due_five_working_days_after_the_return() -> None:
    assert rules.correction_due_day(LHASA, date(2019, 4, 25)).day == date(2019, 5, 5)  # 28 April and 5 May were worked
    assert rules.correction_due_day(LHASA, date(2019, 7, 15)).day == date(2019, 7, 22)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, None),
        ({"incubatees": 6}, "incubatees"),
        ({"incubatees": 4, "exited": 1, "enterprises_with_ip": 4}, None),
        ({"graduated": 6, "admitted": 6, "incubatees": 5}, None),
        ({"graduated": 6, "incubatees_opening": 5, "admitted": 0, "incubatees": 0}, "incubatees"),
        ({"incubatees_opening": None, "incubatees": 9}, None),
        ({"enterprises_served": 6}, "enterprises_served"),
        ({"enterprises_financed": 6}, "enterprises_financed"),
        ({"trained_staff": 3}, "trained_staff"),
        ({"trained_staff": 2}, None),
        ({"enterprises_with_ip": 6}, "enterprises_with_ip"),
        ({"long_stay_enterprises": 6}, "long_stay_enterprises"),
        ({"area_used_m2": 1200}, None),
        ({"area_used_m2": 1201}, "area_used_m2"),
        ({"attendance": 1, "events_by_level": {}}, "attendance"),
        ({"attendance": 0, "events_by_level": {}}, None),
        ({"exited": 5, "incubatees": 0, "enterprises_with_ip": 0, "jobs": 1}, "jobs"),
        ({"exited": 5, "incubatees": 0, "enterprises_with_ip": 0, "jobs": 0}, None),
    ],
)
def test_numbers_that_cannot_be_true_together_are_refused(changes: dict[str, object], field: str | None) -> None:
    decision = decide_consistent(LHASA, checked(FORM, 1, full_form(**changes), AREA))
    failed = [result.inputs["field"] for result in decision.failures]
    assert failed[:1] == ([] if field is None else [field])


def test_an_empty_draft_contradicts_nothing_and_lacks_every_required_field() -> None:
    assert decide_consistent(LHASA, checked(FORM, 2, {}, AREA)).passed
    assert missing_fields(FORM, 2, {}) == FORM.required_in(2)
    decision = rules.decide_complete(LHASA, 2, {})
    assert not decision.passed
    assert decision.results[0].limit == "21"


def test_a_full_form_is_complete_in_every_version_and_statistics_do_not_count() -> None:
    for version in (1, 2):
        assert rules.decide_complete(LHASA, version, full_form()).passed
    assert set(full_form()) == set(FORM.required_in(1)) == set(FORM.required_in(2))


def test_flows_are_added_up_and_stocks_are_those_of_the_last_report() -> None:
    first = full_form(jobs=10, confirmed_services=3, bank_loans="100.50")
    last = full_form(jobs=12, confirmed_services=4, bank_loans="0.50")
    year = year_of(FORM, [(3, last), (1, first)])
    assert [year[name] for name in ("jobs", "confirmed_services", "bank_loans")] == [12, 7, 101]
    assert dict(year.events_by_level) == {"centre": 2, "municipal": 2}


def test_a_stock_left_empty_in_the_last_report_keeps_the_one_given_before() -> None:
    year = year_of(FORM, [(1, {"jobs": 10}), (2, {"jobs": None})])
    assert year["jobs"] == 10
    assert year["mentors"] == 0


def test_a_report_of_the_first_version_knows_no_later_field() -> None:
    assert validated(LHASA, 1, {"jobs": 3}) == {"jobs": 3}
    with pytest.raises(PayloadInvalid) as refused:
        validated(LHASA, 1, {"ip_held": 3})
    assert [fault.field for fault in refused.value.faults] == ["form.ip_held"]
    assert validated(LHASA, 2, {"ip_held": 3}) == {"ip_held": 3}
