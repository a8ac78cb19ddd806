"""Last days of a year's phases, over weekends and holidays, and what may move them (2.3-1)."""

from __future__ import annotations

from datetime import date

import pytest

from services.evaluation.cycles.phases import decide_extension, decide_self_report_open, marking_due, self_report_due
from services.evaluation.objections.rules import decide_objection_in_time
from shared.policy.edition import load_editions

EDITION = load_editions(None).get("lhasa-2019")


@pytest.mark.parametrize(
    ("opened_on", "self_report", "marking"),
    [
        pytest.param(date(2019, 3, 4), date(2020, 2, 5), date(2020, 2, 27), id="opened-within-the-year"),
        pytest.param(date(2020, 3, 2), date(2020, 3, 30), date(2020, 4, 21), id="after-the-festival-over-qingming"),
        pytest.param(date(2020, 9, 21), date(2020, 10, 23), date(2020, 11, 13), id="over-the-national-day"),
    ],
)
def test_terms_count_working_days_from_the_opening_but_not_within_the_year(
    opened_on: date, self_report: date, marking: date
) -> None:
    due_on = self_report_due(EDITION, 2019, opened_on)
    assert (due_on, marking_due(EDITION, due_on)) == (self_report, marking)


@pytest.mark.parametrize(
    ("due_on", "passed"),
    [
        pytest.param(date(2020, 3, 30), False, id="the-same-day"),
        pytest.param(date(2020, 3, 31), True, id="one-day-later"),
        pytest.param(date(2020, 4, 5), False, id="a-sunday"),
        pytest.param(date(2020, 4, 6), False, id="a-holiday"),
        pytest.param(date(2020, 4, 27), True, id="the-most-with-a-sunday-worked"),
        pytest.param(date(2020, 4, 28), False, id="one-day-more-than-the-most"),
    ],
)
def test_an_extension_is_a_later_working_day_within_the_limit(due_on: date, passed: bool) -> None:
    assert decide_extension(EDITION, date(2020, 3, 30), due_on, date(2020, 3, 20)).passed is passed


def test_an_extension_asked_for_late_counts_from_its_day() -> None:
    assert not decide_extension(EDITION, date(2020, 3, 30), date(2020, 4, 10), date(2020, 4, 10)).passed
    assert decide_extension(EDITION, date(2020, 3, 30), date(2020, 4, 13), date(2020, 4, 10)).passed


@pytest.mark.parametrize("status", ["draft", "submitted", "returned"])
@pytest.mark.parametrize(
    ("day", "over"),
    [
        pytest.param(date(2020, 3, 29), False, id="day-before"),
        pytest.param(date(2020, 3, 30), False, id="last-day"),
        pytest.param(date(2020, 3, 31), True, id="day-after"),
    ],
)
def test_after_its_term_a_self_report_that_was_handed_in_is_locked(status: str, day: date, over: bool) -> None:
    decision = decide_self_report_open(EDITION, date(2020, 3, 30), status, day)
    assert decision.passed is not (over and status == "submitted")


@pytest.mark.parametrize(
    ("day", "extended", "passed"),
    [
        pytest.param(date(2020, 4, 1), None, False, id="before-the-notice"),
        pytest.param(date(2020, 4, 2), None, True, id="first-day"),
        pytest.param(date(2020, 4, 10), None, True, id="last-day-after-qingming"),
        pytest.param(date(2020, 4, 11), None, False, id="day-after"),
        pytest.param(date(2020, 4, 15), date(2020, 4, 15), True, id="last-day-of-the-extension"),
        pytest.param(date(2020, 4, 16), date(2020, 4, 15), False, id="day-after-the-extension"),
    ],
)
def test_objections_are_taken_within_the_notice_alone(day: date, extended: date | None, passed: bool) -> None:
    assert decide_objection_in_time(EDITION, date(2020, 4, 2), day, extended).passed is passed
