"""How long a public notice runs over holidays, and what holds a decision back: tables, no database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from shared.policy import public_notices as rules
from shared.policy.edition import Edition, load_editions

LHASA = load_editions(None).get("lhasa-2019")


def edition_with(**notices: object) -> Edition:
    """The edition with other values for its notices."""
    changed = {
        name: getattr(LHASA.notices, name).model_copy(update={"value": value}) for name, value in notices.items()
    }
    return LHASA.model_copy(update={"notices": LHASA.notices.model_copy(update=changed)})


@pytest.mark.parametrize(
    ("starts_on", "last_day"),
    [
        # An ordinary week: Monday is not counted, Tuesday to Friday and the next Monday are.
        (date(2019, 5, 13), date(2019, 5, 20)),
        # Put up on a Friday, on a Saturday, on a Sunday: the weekend never counts.
        (date(2019, 5, 17), date(2019, 5, 24)),
        (date(2019, 5, 18), date(2019, 5, 24)),
        (date(2019, 5, 19), date(2019, 5, 24)),
        # National Day 2019: off from 1 to 7 October; Sunday 29 September and Saturday 12 October are worked.
        (date(2019, 9, 24), date(2019, 9, 30)),
        (date(2019, 9, 25), date(2019, 10, 8)),
        (date(2019, 9, 27), date(2019, 10, 10)),
        (date(2019, 9, 30), date(2019, 10, 12)),
        (date(2019, 10, 1), date(2019, 10, 12)),
        (date(2019, 10, 7), date(2019, 10, 12)),
        # Spring Festival 2020, prolonged by the epidemic: off from 24 January to 2 February; 19 January is worked.
        (date(2020, 1, 16), date(2020, 1, 22)),
        (date(2020, 1, 17), date(2020, 1, 23)),
        (date(2020, 1, 20), date(2020, 2, 4)),
        (date(2020, 1, 23), date(2020, 2, 7)),
        (date(2020, 1, 24), date(2020, 2, 7)),
        # Regional holidays: 雪顿节 on 30 August 2019, 农奴解放纪念日 on 28 March 2019, 藏历新年 on 24 February 2020.
        (date(2019, 8, 22), date(2019, 8, 29)),
        (date(2019, 8, 23), date(2019, 9, 2)),
        (date(2019, 8, 29), date(2019, 9, 6)),
        (date(2019, 3, 21), date(2019, 3, 29)),
        (date(2020, 2, 17), date(2020, 2, 25)),
        # Over New Year 2020.
        (date(2019, 12, 30), date(2020, 1, 7)),
    ],
)
def test_five_working_days_first_day_not_counted(starts_on: date, last_day: date) -> None:
    term = rules.notice_term(LHASA, starts_on)
    assert (term.last_day, term.objections_until) == (last_day, last_day)
    assert term.first_decision_day == last_day + timedelta(days=1)


def test_a_term_over_an_unconfirmed_regional_holiday_says_so() -> None:
    warnings = rules.notice_term(LHASA, date(2019, 8, 23)).warnings
    assert [(warning.code, warning.days) for warning in warnings] == [("regional_unconfirmed", (date(2019, 8, 30),))]
    assert rules.notice_term(LHASA, date(2019, 9, 25)).warnings == ()


def test_a_year_without_a_calendar_is_counted_from_monday_to_friday_with_a_warning() -> None:
    term = rules.notice_term(LHASA, date(2040, 1, 2))
    assert term.last_day == date(2040, 1, 9)
    assert {warning.code for warning in term.warnings} == {"national_missing", "regional_missing"}


def test_the_edition_says_how_long_and_the_longer_of_the_two_terms_holds_the_decision_back() -> None:
    longer = edition_with(public_notice_working_days=7)
    assert rules.notice_term(longer, date(2019, 5, 13)).first_decision_day == date(2019, 5, 23)
    objections = edition_with(objection_working_days=8)
    term = rules.notice_term(objections, date(2019, 5, 13))
    assert (term.last_day, term.objections_until) == (date(2019, 5, 20), date(2019, 5, 23))
    assert term.first_decision_day == date(2019, 5, 24)


STARTS, LAST, FIRST_DECISION = date(2019, 9, 30), date(2019, 10, 12), date(2019, 10, 13)


@pytest.mark.parametrize(
    ("day", "unanswered", "upheld", "code"),
    [
        (date(2019, 10, 11), 0, 0, "notice-running"),
        (LAST, 0, 0, "notice-running"),
        (FIRST_DECISION, 0, 0, None),
        (date(2019, 10, 14), 0, 0, None),
        (FIRST_DECISION, 1, 0, "objection-unanswered"),
        (FIRST_DECISION, 0, 1, "objection-upheld"),
        (LAST, 1, 1, "notice-running"),
    ],
)
def test_a_decision_waits_for_the_day_after_the_last_and_for_the_answers(
    day: date, unanswered: int, upheld: int, code: str | None
) -> None:
    notice = rules.NoticeState(STARTS, LAST, FIRST_DECISION, unanswered, upheld)
    decision = rules.decide_notice_over(LHASA, notice, day)
    assert decision.passed is (code is None)
    assert next((result.message for result in decision.failures), None) == code
    assert {result.clause for result in decision.results} == {"2.1-1"}


def test_no_decision_without_a_notice() -> None:
    decision = rules.decide_notice_over(LHASA, None, FIRST_DECISION)
    assert [result.message for result in decision.failures] == ["notice-missing"]


@pytest.mark.parametrize(
    ("received_on", "signed", "message", "passed"),
    [
        (date(2019, 9, 29), True, "objection-out-of-time", False),
        (STARTS, True, "objection-in-time", True),
        (LAST, True, "objection-in-time", True),
        (FIRST_DECISION, True, "objection-out-of-time", False),
        (date(2019, 9, 29), False, "lead-kept", True),
        (FIRST_DECISION, False, "lead-kept", True),
    ],
)
def test_a_signed_objection_comes_while_the_notice_runs_a_lead_at_any_time(
    received_on: date, signed: bool, message: str, passed: bool
) -> None:
    decision = rules.decide_objection(LHASA, STARTS, LAST, received_on, signed=signed)
    assert (decision.passed, decision.results[0].message) == (passed, message)


def test_an_edition_may_take_no_anonymous_objections() -> None:
    strict = edition_with(anonymous_objections_are_leads=False)
    assert rules.decide_objection(strict, STARTS, LAST, LAST, signed=False).failures[0].message == "leads-not-taken"
