"""The procedure before a delisting (2.3-5): order of steps, terms, countersignature, remedies."""

from __future__ import annotations

from datetime import date

import pytest

from services.evaluation.delistings import rules
from services.evaluation.delistings.rules import COUNTERSIGNATURE, DECISION, HEARING, LEGAL_REVIEW, NOTICE, STATEMENT
from shared.policy.edition import load_editions

LHASA = load_editions(None).get("lhasa-2019")
DUE = date(2021, 2, 5)


def _taken(*steps: str, requested: bool = False) -> rules.Taken:
    return rules.Taken(frozenset(steps), requested, DUE, DUE)


@pytest.mark.parametrize(
    ("step", "states"),
    [
        (NOTICE, ("opened",)),
        (STATEMENT, (NOTICE,)),
        (HEARING, (STATEMENT,)),
        (LEGAL_REVIEW, (HEARING, STATEMENT)),
        (DECISION, (LEGAL_REVIEW,)),
        (COUNTERSIGNATURE, (DECISION,)),
    ],
)
def test_steps_follow_the_editions_order_and_the_hearing_may_be_left_out(step: str, states: tuple[str, ...]) -> None:
    assert rules.states_before(LHASA, step) == states


@pytest.mark.parametrize(
    ("taken", "missing"),
    [
        (_taken(), (NOTICE, STATEMENT, LEGAL_REVIEW, DECISION, COUNTERSIGNATURE)),
        (_taken(NOTICE, STATEMENT, LEGAL_REVIEW, DECISION), (COUNTERSIGNATURE,)),
        (_taken(NOTICE, STATEMENT, LEGAL_REVIEW, DECISION, COUNTERSIGNATURE), ()),
        (_taken(NOTICE, STATEMENT, LEGAL_REVIEW, DECISION, COUNTERSIGNATURE, requested=True), (HEARING,)),
        (_taken(NOTICE, STATEMENT, HEARING, LEGAL_REVIEW, DECISION, COUNTERSIGNATURE, requested=True), ()),
    ],
)
def test_a_delisting_is_not_published_before_every_step_is_taken(taken: rules.Taken, missing: tuple[str, ...]) -> None:
    assert rules.missing_steps(LHASA, taken) == missing
    decision = rules.decide_prior_procedure(LHASA, taken)
    assert decision.passed is (not missing)
    assert decision.results[0].inputs["missing"] == ", ".join(missing)


def test_terms_run_five_working_days_from_the_service_of_the_notice() -> None:
    statement, hearing = rules.terms_of_notice(LHASA, date(2021, 1, 29))
    assert statement.day == hearing.day == date(2021, 2, 5)


def test_terms_over_the_spring_festival_pass_over_it_and_use_the_worked_weekend() -> None:
    statement, _ = rules.terms_of_notice(LHASA, date(2021, 2, 5))
    assert statement.day == date(2021, 2, 18)  # worked: 7 (a Sunday), 8, 9, 10 and 18 February


@pytest.mark.parametrize(
    ("day", "waived", "passed", "message"),
    [
        (date(2021, 2, 5), False, True, "statement-in-order"),
        (date(2021, 2, 6), False, False, "statement-term-over"),
        (date(2021, 2, 5), True, False, "statement-term-running"),
        (date(2021, 2, 6), True, True, "statement-in-order"),
    ],
)
def test_a_statement_comes_in_its_term_and_is_waived_only_after_it(
    day: date, waived: bool, passed: bool, message: str
) -> None:
    decision = rules.decide_statement(LHASA, DUE, day, waived=waived)
    assert (decision.passed, decision.results[0].message) == (passed, message)


@pytest.mark.parametrize(("day", "passed"), [(date(2021, 2, 5), True), (date(2021, 2, 6), False)])
def test_a_hearing_is_asked_for_in_its_term(day: date, passed: bool) -> None:
    assert rules.decide_hearing_request(LHASA, DUE, day).passed is passed


@pytest.mark.parametrize(
    ("taken", "day", "passed", "message"),
    [
        (_taken(STATEMENT), date(2021, 2, 5), False, "hearing-term-running"),
        (_taken(STATEMENT), date(2021, 2, 6), True, "hearing-in-order"),
        (_taken(STATEMENT, requested=True), date(2021, 3, 1), False, "hearing-outstanding"),
        (_taken(STATEMENT, HEARING, requested=True), date(2021, 2, 5), True, "hearing-in-order"),
    ],
)
def test_a_case_goes_on_without_a_hearing_only_when_nobody_can_ask_for_one(
    taken: rules.Taken, day: date, passed: bool, message: str
) -> None:
    decision = rules.decide_no_hearing(LHASA, taken, day)
    assert (decision.passed, decision.results[0].message) == (passed, message)


@pytest.mark.parametrize(
    ("approved", "bureaus", "bureau"),
    [
        ("science", ("industry",), "industry"),
        ("industry", ("science",), "science"),
        ("science", ("science",), None),
        ("science", ("science", "industry"), "industry"),
        ("science", (), None),
    ],
)
def test_the_other_bureau_countersigns(approved: str, bureaus: tuple[str, ...], bureau: str | None) -> None:
    found, decision = rules.decide_countersignature(LHASA, approved, bureaus)
    assert (found, decision.passed) == (bureau, bureau is not None)


@pytest.mark.parametrize(
    ("served_on", "reconsideration", "litigation"),
    [
        (date(2021, 3, 3), date(2021, 5, 6), date(2021, 9, 3)),  # 2 May lies in the holidays that end on 5 May
        (date(2021, 8, 31), date(2021, 11, 1), date(2022, 2, 28)),  # 30 October is a Saturday; February has 28 days
    ],
)
def test_remedies_run_60_days_and_6_months_from_service(
    served_on: date, reconsideration: date, litigation: date
) -> None:
    found = rules.remedies(LHASA, served_on)
    assert [term.day for term in found] == [reconsideration, litigation]


def test_the_operator_of_record_is_that_of_31_december_of_the_second_failed_year() -> None:
    assert rules.operator_day(LHASA, 2020) == date(2020, 12, 31)
