"""When an order fits a published delisting, and which years count for a centre, by tables."""

from __future__ import annotations

from datetime import date

import pytest

from services.evaluation.delistings.records.rules import Registration, Year, joined_years, predecessors, years_off_list
from services.evaluation.delistings.remedies.rules import decide_remedy
from services.evaluation.delistings.rules import Outcome, decide_consecutive_failure, failed_run
from services.evaluation.rubrics.rules import Listing
from shared.policy.edition import load_editions

EDITION = load_editions(None).get("lhasa-2019")
PUBLISHED = date(2021, 3, 1)
STAYED = date(2021, 4, 1)


@pytest.mark.parametrize(
    ("kind", "status", "stayed", "day", "message"),
    [
        ("stay", "published", False, PUBLISHED, "remedy-possible"),
        ("stay", "completed", False, PUBLISHED, "remedy-possible"),
        ("stay", "completed", False, date(2021, 2, 28), "remedy-too-early"),
        ("stay", "completed", True, date(2021, 5, 1), "remedy-does-not-fit"),
        ("stay", "reversed", False, date(2021, 5, 1), "remedy-does-not-fit"),
        ("lift", "completed", False, date(2021, 5, 1), "remedy-does-not-fit"),
        ("lift", "completed", True, STAYED, "remedy-too-early"),
        ("lift", "published", True, date(2021, 4, 2), "remedy-possible"),
        ("reversal", "completed", False, PUBLISHED, "remedy-possible"),
        ("reversal", "completed", True, STAYED, "remedy-too-early"),
        ("reversal", "completed", True, date(2021, 4, 2), "remedy-possible"),
        ("reversal", "reversed", False, date(2021, 5, 1), "remedy-does-not-fit"),
        ("reversal", "countersignature", False, date(2021, 5, 1), "remedy-does-not-fit"),
    ],
)
def test_an_order_meets_a_case_that_it_fits_and_takes_effect_after_what_it_ends(
    kind: str, status: str, stayed: bool, day: date, message: str
) -> None:
    decision = decide_remedy(
        EDITION,
        kind,
        day,
        status=status,
        published_on=PUBLISHED,
        stayed_on=STAYED if stayed else None,
        last_effective_on=STAYED if stayed else None,
    )
    assert (decision.results[0].message, decision.passed) == (message, message == "remedy-possible")
    assert decision.results[0].clause == "2.3-5"


def test_a_second_stay_takes_effect_no_earlier_than_the_lift_before_it() -> None:
    for day, passed in ((date(2021, 4, 30), False), (date(2021, 5, 1), True)):
        decision = decide_remedy(
            EDITION,
            "stay",
            day,
            status="completed",
            published_on=PUBLISHED,
            stayed_on=None,
            last_effective_on=date(2021, 5, 1),
        )
        assert decision.passed is passed


@pytest.mark.parametrize(
    ("needed", "years", "delists"),
    [
        (3, {2020: "failed", 2021: "failed"}, False),
        (3, {2019: "failed", 2020: "failed", 2021: "failed"}, True),
        (3, {2018: "failed", 2019: "failed", 2020: "other", 2021: "failed"}, False),
        (2, {2020: "failed", 2021: "failed"}, True),
        (2, {2019: "failed", 2021: "failed"}, False),
    ],
)
def test_the_edition_of_the_year_says_how_many_fails_count_also_of_years_under_an_earlier_one(
    needed: int, years: dict[int, Outcome], delists: bool
) -> None:
    number = EDITION.delisting.consecutive_failures.model_copy(update={"value": needed})
    later = EDITION.model_copy(
        update={"delisting": EDITION.delisting.model_copy(update={"consecutive_failures": number})}
    )
    assert decide_consecutive_failure(later, 2021, years).passed is not delists


def _centre(
    name: str, operator: str, listed: date | None, left: date | None = None, last: str | None = None
) -> Registration:
    return Registration(name, operator, last or operator, listed, left)


LEFT = date(2020, 3, 1)


@pytest.mark.parametrize(
    ("listed_again", "operator", "expected"),
    [
        (date(2020, 2, 29), "X", {}),
        (LEFT, "X", {"new": "old"}),
        (date(2024, 1, 1), "X", {"new": "old"}),
        (LEFT, "Y", {}),
        (None, "X", {}),
    ],
    ids=["before it left", "the day it left", "years later", "another operator", "not yet listed"],
)
def test_a_centre_registered_again_by_its_operator_goes_on_where_it_left_off(
    listed_again: date | None, operator: str, expected: dict[str, str]
) -> None:
    old = _centre("old", "X", date(2018, 1, 1), LEFT)
    assert predecessors([old, _centre("new", operator, listed_again)], {}) == expected


def test_the_operator_that_left_counts_not_the_one_that_had_listed_it() -> None:
    old = _centre("old", "A", date(2018, 1, 1), LEFT, last="X")
    assert predecessors([old, _centre("new", "X", date(2020, 6, 1))], {}) == {"new": "old"}
    assert predecessors([old, _centre("new", "A", date(2020, 6, 1))], {}) == {}


def test_what_was_left_is_taken_up_once_by_the_first_that_comes() -> None:
    old = _centre("old", "X", date(2018, 1, 1), LEFT)
    first, second = _centre("first", "X", date(2020, 5, 1)), _centre("second", "X", date(2020, 6, 1))
    assert predecessors([second, old, first], {}) == {"first": "old"}
    assert predecessors([second, old, first], {"second": "old"}) == {"second": "old"}


def test_a_centre_that_stays_on_the_list_is_nobodys_predecessor() -> None:
    assert predecessors([_centre("one", "X", date(2018, 1, 1)), _centre("two", "X", date(2020, 1, 1))], {}) == {}


@pytest.mark.parametrize(
    ("own", "earlier", "expected"),
    [
        ({}, {2019: Year("failed", True)}, {2019: "failed"}),
        ({2020: Year("failed", True)}, {2019: Year("failed", True)}, {2019: "failed", 2020: "failed"}),
        ({2019: Year("other", False)}, {2019: Year("failed", True)}, {2019: "failed"}),
        ({2019: Year("other", True)}, {2019: Year("failed", True)}, {2019: "other"}),
        ({2020: Year("other", False)}, {2019: Year("failed", True)}, {2019: "failed", 2020: "other"}),
    ],
    ids=["only before", "one each", "not graded itself", "graded itself", "not graded after"],
)
def test_a_predecessors_year_counts_unless_the_centre_was_graded_itself(
    own: dict[int, Year], earlier: dict[int, Year], expected: dict[int, str]
) -> None:
    assert {year: found.outcome for year, found in joined_years(own, earlier).items()} == expected


@pytest.mark.parametrize(
    ("before", "after", "delists"),
    [
        ({2019: Year("failed", True)}, {2020: Year("failed", True)}, True),
        ({2018: Year("failed", True)}, {2020: Year("failed", True)}, False),
        ({2018: Year("failed", True), 2019: Year("exempt", True)}, {2020: Year("failed", True)}, False),
        ({2019: Year("failed", True)}, {2020: Year("other", True), 2021: Year("failed", True)}, False),
    ],
    ids=["adjacent", "a year between", "exempt between", "passed between"],
)
def test_the_run_goes_on_over_a_re_registration(before: dict[int, Year], after: dict[int, Year], delists: bool) -> None:
    years = {year: found.outcome for year, found in joined_years(after, before).items()}
    assert decide_consecutive_failure(EDITION, max(years), years).passed is not delists


_FAILED, _PASSED, _EXEMPT = Year("failed", True), Year("other", True), Year("exempt", True)
_NOT_GRADED = Year("other", False)


@pytest.mark.parametrize(
    ("left", "came", "years", "run"),
    [
        (date(2020, 12, 31), date(2021, 1, 1), {2019: _FAILED, 2020: _NOT_GRADED, 2021: _FAILED}, (2019, 2021)),
        (date(2020, 1, 1), date(2021, 1, 1), {2019: _FAILED, 2020: _NOT_GRADED, 2021: _FAILED}, (2019, 2021)),
        (date(2020, 1, 31), date(2020, 8, 1), {2019: _FAILED, 2020: _NOT_GRADED, 2021: _FAILED}, (2019, 2021)),
        (date(2020, 1, 31), date(2021, 3, 1), {2019: _FAILED, 2020: _NOT_GRADED, 2021: _FAILED}, (2019, 2021)),
        (date(2019, 12, 31), date(2021, 1, 1), {2018: _FAILED, 2019: _NOT_GRADED, 2021: _FAILED}, (2018, 2021)),
        (date(2020, 1, 1), date(2024, 1, 1), {2019: _FAILED, 2020: _NOT_GRADED, 2024: _FAILED}, (2019, 2024)),
        (date(2020, 1, 31), date(2021, 3, 1), {2019: _PASSED, 2020: _NOT_GRADED, 2021: _FAILED}, (2021,)),
        (date(2020, 1, 31), date(2020, 2, 1), {2019: _FAILED, 2020: _PASSED, 2021: _FAILED}, (2021,)),
        (date(2020, 1, 31), date(2021, 3, 1), {2019: _FAILED, 2020: _EXEMPT, 2021: _FAILED}, (2021,)),
        (date(2020, 1, 31), date(2021, 3, 1), {2019: _FAILED, 2021: _FAILED}, (2021,)),
    ],
    ids=[
        "left on the last day",
        "left on the first day",
        "back in the same year, too late for a grade",
        "back the year after",
        "a whole year off the list",
        "several years off the list",
        "passed before",
        "passed after",
        "exempt in the year it left",
        "the year it left not published yet",
    ],
)
def test_leaving_the_list_for_a_year_ends_no_run(
    left: date, came: date, years: dict[int, Year], run: tuple[int, ...]
) -> None:
    line = [Listing(came), Listing(date(2018, 1, 1), withdrawn_on=left)]
    off_list = years_off_list(line, years)
    outcomes: dict[int, Outcome] = {year: found.outcome for year, found in years.items()}
    outcomes |= dict.fromkeys(off_list, "ungraded")
    assert failed_run(EDITION, max(years), outcomes) == run
    decision = decide_consecutive_failure(EDITION, max(years), outcomes)
    assert decision.passed is (len(run) < 2)
    assert ("years_off_list" in decision.results[0].inputs) is (len(run) > 1)


def test_after_a_delisting_the_years_off_the_list_end_the_run() -> None:
    line = [Listing(date(2024, 4, 1)), Listing(date(2018, 1, 1), date(2021, 3, 1), date(2021, 2, 1))]
    years = {2019: _FAILED, 2020: _FAILED, 2021: _NOT_GRADED, 2024: _FAILED}
    assert years_off_list(line, years) == set()


def test_a_year_without_a_grade_of_a_centre_that_never_left_ends_its_run() -> None:
    years = {2019: _FAILED, 2020: _NOT_GRADED, 2021: _FAILED}
    assert years_off_list([Listing(date(2018, 1, 1))], years) == set()
