"""4.8-1: rules of terms and sessions at their boundaries."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.registry.mentors.rules import Term, decide_session, decide_term, last_day
from shared.policy.edition import load_editions

EDITION = next(iter(load_editions(None)))
TERM = Term(date(2019, 6, 3), date(2021, 6, 2))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2019-06-03", "2021-06-02"),
        ("2019-01-31", "2021-01-30"),
        ("2020-02-29", "2022-02-27"),
        ("2019-03-01", "2021-02-28"),
    ],
)
def test_longest_term_ends_the_day_before_two_years_are_over(first: str, last: str) -> None:
    assert last_day(EDITION, date.fromisoformat(first)) == date.fromisoformat(last)


@pytest.mark.parametrize(
    ("last", "passed"), [("2019-06-02", False), ("2019-06-03", True), ("2021-06-02", True), ("2021-06-03", False)]
)
def test_term_lasts_a_day_at_least_and_two_years_at_most(last: str, passed: bool) -> None:
    decision = decide_term(EDITION, TERM.first, date.fromisoformat(last))
    assert decision.passed is passed
    assert decision.results[0].clause == "4.8-1"


@pytest.mark.parametrize(
    ("held_on", "passed"), [("2019-06-02", False), ("2019-06-03", True), ("2021-06-02", True), ("2021-06-03", False)]
)
def test_session_lies_within_an_appointment(held_on: str, passed: bool) -> None:
    always = [Term(date.min, date.max)]
    decision = decide_session(
        EDITION,
        held_on=date.fromisoformat(held_on),
        terms=[TERM],
        linked=always,
        stays=always,
        hours=Decimal("1"),
        hours_before=Decimal(0),
        recorded_on=date.fromisoformat(held_on),
        own_field=True,
    )
    assert decision.passed is passed
    if not passed:
        assert decision.failures[0].message == "mentor-not-appointed-then"


@pytest.mark.parametrize(
    ("hours", "before", "passed"), [("12", "0", True), ("12.1", "0", False), ("4", "8", True), ("4.1", "8", False)]
)
def test_sessions_of_a_day_take_12_hours_at_most(hours: str, before: str, passed: bool) -> None:
    always = [Term(date.min, date.max)]
    decision = decide_session(
        EDITION,
        held_on=TERM.first,
        terms=always,
        linked=always,
        stays=always,
        hours=Decimal(hours),
        hours_before=Decimal(before),
        recorded_on=TERM.first,
        own_field=True,
    )
    assert decision.passed is passed


@pytest.mark.parametrize(
    ("recorded_on", "own_field", "message"),
    [
        ("2019-09-03", True, None),
        ("2019-09-04", True, "mentor-session-late"),
        ("2019-06-03", False, "mentor-field-other"),
    ],
)
def test_sessions_are_entered_within_92_days_and_in_the_mentors_fields(
    recorded_on: str, own_field: bool, message: str | None
) -> None:
    always = [Term(date.min, date.max)]
    decision = decide_session(
        EDITION,
        held_on=TERM.first,
        terms=always,
        linked=always,
        stays=always,
        hours=Decimal(1),
        hours_before=Decimal(0),
        recorded_on=date.fromisoformat(recorded_on),
        own_field=own_field,
    )
    assert [failure.message for failure in decision.failures] == ([] if message is None else [message])
