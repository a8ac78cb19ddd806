"""When a target is met, where the year is heading, and which figures contradict each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.evaluation.targets import rules
from services.evaluation.targets.rules import Goal
from shared.policy.edition import load_editions
from shared.policy.rules import counting_division

LHASA = load_editions(None).get("lhasa-2019")
D = Decimal


def goal(operator: str, value: str, measure: str = "flow", tolerance: str = "10") -> Goal:
    return Goal("new_entities", "1.2-3", operator, D(value), D(tolerance), measure)


ABOUT, MORE, LEAST = goal("about", "15000"), goal("more_than", "8000"), goal("at_least", "15")


@pytest.mark.parametrize(
    ("target", "actual", "outcome"),
    [
        (ABOUT, "13499", "below"),
        (ABOUT, "13499.999999", "below"),
        (ABOUT, "13500", "met"),
        (ABOUT, "15000", "met"),
        (ABOUT, "16500", "met"),
        (ABOUT, "16500.000001", "above"),
        (ABOUT, "16501", "above"),
        (goal("about", "15000", tolerance="0"), "15000", "met"),
        (goal("about", "15000", tolerance="0"), "14999", "below"),
        (goal("about", "15000", tolerance="0"), "15001", "above"),
        (goal("about", "10"), "8", "below"),
        (goal("about", "10"), "9", "met"),
        (goal("about", "10"), "11", "met"),
        (goal("about", "10"), "12", "above"),
        (MORE, "7999", "below"),
        (MORE, "8000", "below"),
        (MORE, "8000.01", "met"),
        (MORE, "1000000", "met"),
        (goal("more_than", "300000"), "300000.00", "below"),
        (LEAST, "14", "below"),
        (LEAST, "15", "met"),
        (LEAST, "16", "met"),
        (goal("at_least", "0"), "0", "met"),
    ],
)
def test_about_is_ten_percent_more_than_is_strict_and_no_operator_at_least(
    target: Goal, actual: str, outcome: str
) -> None:
    assert rules.outcome_of(target, D(actual)) == outcome
    decision = rules.decide_target_met(LHASA, target, D(actual))
    assert decision.passed == (outcome == "met")
    assert decision.results[0].clause == "1.2-3"


def test_a_target_is_cited_by_the_clause_it_stands_in() -> None:
    assert rules.decide_target_met(LHASA, replace(LEAST, clause="1.2-5"), D(15)).results[0].clause == "1.2-5"


@pytest.mark.parametrize(
    ("target", "actual", "percent"),
    [
        (ABOUT, "15000", "100.00"),
        (ABOUT, "5", "0.03"),
        (ABOUT, "0.75", "0.01"),
        (ABOUT, "0.74", "0.00"),
        (goal("about", "0"), "3", None),
    ],
)
def test_progress_is_rounded_half_up(target: Goal, actual: str, percent: str | None) -> None:
    found = rules.progress_percent(target, D(actual))
    assert found == (None if percent is None else D(percent))


@pytest.mark.parametrize(
    ("measure", "actual", "quarters", "expected"),
    [
        ("flow", "4000", 1, "16000"),
        ("flow", "4000", 2, "8000"),
        ("flow", "4000", 3, "5333.33"),
        ("flow", "4000", 4, "4000"),
        ("flow", "0", 1, "0"),
        ("stock", "12", 1, "12"),
        ("stock", "12", 4, "12"),
    ],
)
def test_a_flow_goes_on_as_it_did_and_a_stock_stays(measure: str, actual: str, quarters: int, expected: str) -> None:
    assert rules.forecast(goal("at_least", "1", measure), D(actual), quarters) == D(expected)


@pytest.mark.parametrize(
    ("quarter", "last"),
    [(1, date(2019, 3, 31)), (2, date(2019, 6, 30)), (3, date(2019, 9, 30)), (4, date(2019, 12, 31))],
)
def test_a_quarters_figure_is_entered_from_the_day_after(quarter: int, last: date) -> None:
    assert rules.quarter_end(2019, quarter) == last
    assert not rules.decide_quarter_over(LHASA, 2019, quarter, last).passed
    assert rules.decide_quarter_over(LHASA, 2019, quarter, date.fromordinal(last.toordinal() + 1)).passed


@pytest.mark.parametrize(
    ("measure", "quarter", "value", "passed"),
    [
        ("flow", 2, "99", False),
        ("flow", 2, "100", True),
        ("flow", 2, "300", True),
        ("flow", 2, "301", False),
        ("flow", 4, "300", True),
        ("flow", 4, "299", False),
        ("stock", 2, "1", True),
        ("stock", 4, "1", True),
    ],
)
def test_a_cumulative_figure_never_falls(measure: str, quarter: int, value: str, passed: bool) -> None:
    others = {1: D(100), 3: D(300)}
    assert rules.decide_flow_grows(LHASA, measure, quarter, D(value), others).passed == passed


@pytest.mark.parametrize(
    ("by_division", "message"),
    [
        ({}, "target-breakdown-fits"),
        ({"540102": "60", "540121": "40"}, "target-breakdown-fits"),
        ({"540102": "60", "540121": "40.01"}, "target-breakdown-exceeds"),
        ({"540102": "60", "540172": "1"}, "target-breakdown-division"),
        ({"999999": "1"}, "target-breakdown-division"),
    ],
)
def test_counties_never_have_more_than_the_city_and_parks_no_line(by_division: dict[str, str], message: str) -> None:
    sent = {code: D(value) for code, value in by_division.items()}
    decision = rules.decide_breakdown(LHASA, D(100), sent)
    assert [result.message for result in decision.results] == [message]


@pytest.mark.parametrize(("centres", "passed"), [(0, False), (1, True), (2, True)])
def test_every_county_has_at_least_one_centre(centres: int, passed: bool) -> None:
    assert rules.decide_coverage(LHASA, "540121", centres).passed == passed


@pytest.mark.parametrize(("code", "home"), [("540102", "540102"), ("540121", "540121"), ("unheard", "unheard")])
def test_a_division_counts_for_itself(code: str, home: str) -> None:
    assert counting_division(LHASA, code) == home


def test_a_park_counts_in_the_district_around_it() -> None:
    parks = {code: unit.within for code, unit in LHASA.divisions.units.items() if unit.within}
    assert parks
    assert {code: counting_division(LHASA, code) for code in parks} == parks
