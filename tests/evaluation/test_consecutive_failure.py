"""Two adjacent evaluation years, both finally failed (2.3-5)."""

from __future__ import annotations

import pytest

from services.evaluation.delistings.records.queries import outcome_of
from services.evaluation.delistings.rules import Outcome, decide_consecutive_failure, failed_run
from shared.policy.edition import Edition, load_editions

LHASA = load_editions(None).get("lhasa-2019")
F: Outcome = "failed"
P: Outcome = "other"
X: Outcome = "exempt"


def _suspending(edition: Edition) -> Edition:
    switch = edition.delisting.exemption_suspends_run.model_copy(update={"value": True})
    return edition.model_copy(
        update={"delisting": edition.delisting.model_copy(update={"exemption_suspends_run": switch})}
    )


SUSPENDING = _suspending(LHASA)


@pytest.mark.parametrize(
    ("outcomes", "year", "delists", "counted"),
    [
        pytest.param({2019: F}, 2019, False, None, id="a first fail"),
        pytest.param({2019: F, 2020: F}, 2020, True, (2019, 2020), id="fail-fail"),
        pytest.param({2019: F, 2020: P}, 2020, False, None, id="fail-pass"),
        pytest.param({2019: F, 2020: P, 2021: F}, 2021, False, None, id="fail-pass-fail"),
        pytest.param({2019: F, 2020: X, 2021: F}, 2021, False, None, id="fail-exempt-fail"),
        pytest.param({2019: F, 2021: F}, 2021, False, None, id="fail-nothing-fail"),
        pytest.param({2019: P, 2020: F, 2021: F}, 2021, True, (2020, 2021), id="pass-fail-fail"),
        pytest.param({2019: F, 2020: X, 2021: F, 2022: F}, 2022, True, (2021, 2022), id="the run starts again"),
        pytest.param({2019: F, 2020: F}, 2019, True, (2019, 2020), id="the first year is published late"),
        pytest.param({2019: F, 2020: F, 2021: F}, 2020, True, (2019, 2020), id="the middle year is published last"),
        pytest.param({2019: F, 2020: F, 2021: F}, 2021, True, (2020, 2021), id="a third fail"),
        pytest.param({2018: F, 2019: P, 2020: F}, 2020, False, None, id="an older fail does not count"),
    ],
)
def test_only_adjacent_failed_years_count(
    outcomes: dict[int, Outcome], year: int, delists: bool, counted: tuple[int, int] | None
) -> None:
    decision = decide_consecutive_failure(LHASA, year, outcomes)
    assert decision.passed is not delists
    inputs = decision.results[0].inputs
    assert (inputs["first_failed_year"], inputs["last_failed_year"]) == (counted or (None, None))
    assert decision.results[0].clause == "2.3-5"


def test_the_december_cycle_published_late_counts_for_its_own_year() -> None:
    """2019 evaluated in December and published only in 2021, after 2020: the years are adjacent all the same."""
    published_before: dict[int, Outcome] = {2020: F}
    assert decide_consecutive_failure(LHASA, 2020, published_before).passed
    assert not decide_consecutive_failure(LHASA, 2019, {**published_before, 2019: F}).passed


@pytest.mark.parametrize(
    ("outcomes", "year", "run"),
    [
        ({2019: F, 2020: X, 2021: F}, 2021, (2019, 2021)),
        ({2019: F, 2020: X, 2021: X, 2022: F}, 2022, (2019, 2022)),
        ({2019: F, 2020: X, 2021: P, 2022: F}, 2022, (2022,)),
        ({2019: X, 2020: F}, 2020, (2020,)),
    ],
)
def test_with_the_switch_an_exempt_year_suspends_the_run(
    outcomes: dict[int, Outcome], year: int, run: tuple[int, ...]
) -> None:
    assert failed_run(SUSPENDING, year, outcomes) == run
    assert decide_consecutive_failure(SUSPENDING, year, outcomes).passed is (len(run) < 2)


@pytest.mark.parametrize(
    ("outcomes", "year", "run"),
    [
        ({2019: F, 2020: F, 2021: F}, 2020, (2019, 2020, 2021)),
        ({2019: F, 2020: P}, 2020, ()),
        ({}, 2020, ()),
    ],
)
def test_consecutive_fails_are_counted_around_the_year(
    outcomes: dict[int, Outcome], year: int, run: tuple[int, ...]
) -> None:
    assert failed_run(LHASA, year, outcomes) == run


@pytest.mark.parametrize(
    ("grade", "failing", "outcome"),
    [("fail", True, F), ("exempt", False, X), ("not_graded", False, P), ("pass", False, P), (None, False, P)],
)
def test_a_year_counts_by_its_grade(grade: str | None, failing: bool, outcome: Outcome) -> None:
    assert outcome_of(grade, failing) == outcome
