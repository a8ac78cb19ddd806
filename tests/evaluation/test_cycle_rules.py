"""What a year needs before it is published (2.3-1, 2.3-4, 6-1), exemptions, objections, rectification terms."""

from __future__ import annotations

from datetime import date

import pytest

from services.evaluation.cycles import rules
from services.evaluation.evaluations.rules import decide_exemption
from services.evaluation.objections.rules import decide_objection_in_time
from services.evaluation.rectifications.rules import due_day, is_overdue
from shared.policy.edition import PolicyNotInForce, load_editions
from tests.evaluation.conftest import DEMO_POLICY

BUNDLED = load_editions(None)
WITH_DEMO = load_editions(DEMO_POLICY)
LHASA = BUNDLED.get("lhasa-2019")


@pytest.mark.parametrize(
    ("announced_on", "notice_until", "first_day"),
    [
        (date(2020, 2, 17), date(2020, 2, 25), date(2020, 2, 26)),  # 24 February is a regional holiday
        (date(2020, 3, 6), date(2020, 3, 13), date(2020, 3, 14)),
        (date(2021, 1, 28), date(2021, 2, 4), date(2021, 2, 5)),
    ],
)
def test_results_are_on_public_notice_for_five_working_days(
    announced_on: date, notice_until: date, first_day: date
) -> None:
    assert rules.notice_end(LHASA, announced_on).day == notice_until
    assert rules.first_publication_day(notice_until) == first_day


@pytest.mark.parametrize(
    ("day", "passed"), [(date(2020, 3, 12), False), (date(2020, 3, 13), False), (date(2020, 3, 14), True)]
)
def test_nothing_is_published_before_the_day_after_the_notice(day: date, passed: bool) -> None:
    decision = rules.decide_notice_over(LHASA, date(2020, 3, 13), day)
    assert decision.passed is passed
    assert decision.results[0].inputs["first_possible_day"] == "2020-03-14"


@pytest.mark.parametrize(
    ("fails", "day", "basis", "passed"),
    [
        (1, date(2020, 12, 31), None, True),
        (1, date(2021, 1, 1), None, False),
        (1, date(2021, 1, 1), "虚构发〔2021〕3号", True),
        (1, date(2021, 1, 1), "", False),
        (0, date(2021, 1, 1), None, True),
        (0, date(2022, 6, 1), None, True),
    ],
)
def test_a_fail_published_after_the_editions_end_names_what_it_continues_under(
    fails: int, day: date, basis: str | None, passed: bool
) -> None:
    decision = rules.decide_adverse_publication(LHASA, fails, day, basis)
    assert decision.passed is passed
    if not passed:
        assert decision.clauses == ("6-1",)


@pytest.mark.parametrize("year", [2017, 2018, 2021])
def test_a_year_whose_last_day_no_edition_covers_cannot_be_evaluated(year: int) -> None:
    with pytest.raises(PolicyNotInForce):
        BUNDLED.for_evaluation_year(year)


@pytest.mark.parametrize(("year", "edition"), [(2019, "lhasa-2019"), (2020, "lhasa-2019"), (2021, "lhasa-demo-2021")])
def test_an_evaluation_is_pinned_to_the_edition_of_its_years_last_day(year: int, edition: str) -> None:
    assert WITH_DEMO.for_evaluation_year(year).id == edition


@pytest.mark.parametrize(
    ("day", "in_force"),
    [
        (date(2018, 12, 31), False),
        (date(2019, 1, 1), True),
        (date(2020, 12, 31), True),
        (date(2021, 1, 1), False),
    ],
)
def test_the_policy_is_in_force_in_2019_and_2020_inclusive(day: date, in_force: bool) -> None:
    assert (BUNDLED.in_force_on(day) is not None) is in_force


@pytest.mark.parametrize(
    ("unscored", "unmarked", "outdated", "under_review", "passed"),
    [(0, 0, 0, 0, True), (1, 0, 0, 0, False), (0, 1, 0, 0, False), (0, 0, 1, 0, False), (0, 0, 0, 1, False)],
)
def test_nothing_is_announced_before_every_centre_is_evaluated_in_full(
    unscored: int, unmarked: int, outdated: int, under_review: int, passed: bool
) -> None:
    decision = rules.decide_all_evaluated(
        LHASA, unscored=unscored, unmarked=unmarked, outdated=outdated, under_review=under_review
    )
    assert decision.passed is passed


@pytest.mark.parametrize(
    ("reason", "failed_before", "minutes", "message"),
    [
        ("force_majeure", False, None, None),
        ("government_closure", False, None, None),
        ("force_majeure", True, "纪要〔2020〕1号", None),
        ("force_majeure", True, None, "exemption-minutes-missing"),
        ("force_majeure", True, "", "exemption-minutes-missing"),
        ("few_enterprises", False, None, "exemption-reason-unknown"),
    ],
)
def test_exemption_needs_a_reason_of_the_edition_and_after_a_fail_the_offices_minutes(
    reason: str, failed_before: bool, minutes: str | None, message: str | None
) -> None:
    decision = decide_exemption(LHASA, reason, failed_before, minutes)
    assert [result.message for result in decision.failures] == ([] if message is None else [message])


@pytest.mark.parametrize(
    ("day", "passed"),
    [
        (date(2020, 3, 5), False),
        (date(2020, 3, 6), True),
        (date(2020, 3, 13), True),
        (date(2020, 3, 14), False),
    ],
)
def test_objections_are_taken_during_the_public_notice(day: date, passed: bool) -> None:
    assert decide_objection_in_time(LHASA, date(2020, 3, 6), day).passed is passed


@pytest.mark.parametrize(
    ("ordered_on", "due_on"),
    [
        (date(2020, 3, 2), date(2020, 6, 1)),  # 31 May is a Sunday
        (date(2020, 3, 10), date(2020, 6, 8)),
        (date(2019, 7, 3), date(2019, 10, 8)),  # 1 October and the days after are holidays
    ],
)
def test_rectification_is_due_90_days_from_the_notice(ordered_on: date, due_on: date) -> None:
    assert due_day(LHASA, ordered_on).day == due_on


@pytest.mark.parametrize(
    ("status", "today", "overdue"),
    [
        ("ordered", date(2020, 6, 1), False),
        ("ordered", date(2020, 6, 2), True),
        ("submitted", date(2020, 6, 2), True),
        ("accepted", date(2020, 6, 2), False),
    ],
)
def test_an_order_not_accepted_in_its_term_is_overdue(status: str, today: date, overdue: bool) -> None:
    assert is_overdue(status, date(2020, 6, 1), today) is overdue
