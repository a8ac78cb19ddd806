"""What holds for every score: bounds, monotony in every indicator, bonus and renormalisation as the rubric says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random
from uuid import uuid4

import pytest
from hypothesis import given, settings, strategies as st

from services.evaluation.provisional.lever import Lever
from services.evaluation.provisional.levers import levers_of
from services.evaluation.rubrics.content import kept
from services.evaluation.rubrics.facts import Facts, TenancyFacts
from services.evaluation.rubrics.pinning import with_rubric
from services.evaluation.rubrics.rehearsals.ranking import Entrant, grades_of
from services.evaluation.rubrics.rules import Listing, Standing, decide_band, line, score
from shared.policy.edition import load_editions
from shared.policy.rubric import Rubric
from tests.evaluation.facts import facts, year_form
from tests.evaluation.test_score_rules import any_facts

LHASA = load_editions(None).get("lhasa-2019")
RUBRIC = LHASA.rubric
BY_ID = {indicator.id: indicator for indicator in RUBRIC.indicators}
LEVERS = {lever.input: lever for lever in levers_of(RUBRIC, tuple(LHASA.activities.levels))}

Step = Callable[[Facts], Facts]


def _stays(**more: int) -> Step:
    def step(found: Facts) -> Facts:
        stays = found.tenancies
        changed = {name: max(0, getattr(stays, name) + by) for name, by in more.items()}
        return replace(found, tenancies=replace(stays, **changed))

    return step


def _reporting(**more: int) -> Step:
    def step(found: Facts) -> Facts:
        changed = {name: getattr(found.reporting, name) + by for name, by in more.items()}
        return replace(found, reporting=replace(found.reporting, **changed))

    return step


def _lever(lever: Lever) -> Step:
    return lambda found: lever.change(found, 1)


def _mark(found: Facts) -> Facts:
    mark = found.marks.get("filing_sample")
    return found if mark is None else replace(found, marks={"filing_sample": min(Decimal(100), mark + 5)})


BETTER: dict[str, Step] = {
    "filed_agreements": _stays(filed=1),
    "filed_in_time": _stays(filed_in_time=1),
    "filing_sample": _mark,
    "confirmed_services": _lever(LEVERS["confirmed_services"]),
    "mentors": _lever(LEVERS["mentors_linked"]),
    "specialist_staff": _lever(LEVERS["staff_to_certify"]),
    "area_in_use": _lever(LEVERS["area_used_m2"]),
    "intellectual_property": _lever(LEVERS["enterprises_with_ip"]),
    "jobs": _lever(LEVERS["jobs"]),
    "reports_on_time": _reporting(on_time=1),
    "reports_complete": _reporting(filled=1),
    "reports_corrected": _reporting(corrected_in_time=1),
    "incubatees": _stays(at_year_end=1),
    "graduation_rate": _stays(window_graduated=1),
    "exits_in_order": _stays(exited_without_reason=-1),
    "survival": _lever(LEVERS["alive_after_12_months"]),
    "enterprises_financed": _lever(LEVERS["enterprises_financed"]),
    "financing_amount": _lever(LEVERS["bank_loans"]),
    "financing_matches": _lever(LEVERS["financing_matches"]),
    "events": _lever(LEVERS["recorded_events"]),
    "attendance": _lever(LEVERS["attendance_recorded"]),
    "higher_level_events": _lever(LEVERS["recorded_higher_level_events"]),
}


def test_every_indicator_has_a_way_to_do_better() -> None:
    assert set(BETTER) == set(BY_ID)


@pytest.mark.parametrize("name", BETTER)
@settings(max_examples=40, deadline=None)
@given(found=any_facts())
def test_doing_better_never_costs_points_of_the_indicator(name: str, found: Facts) -> None:
    before, after = (line(RUBRIC, BY_ID[name], either) for either in (found, BETTER[name](found)))
    assert 0 <= before.points <= after.points <= before.indicator.weight


@pytest.mark.parametrize("name", sorted(set(BETTER) - {"incubatees"}))
@settings(max_examples=25, deadline=None)
@given(found=any_facts())
def test_doing_better_without_more_enterprises_never_lowers_the_score(name: str, found: Facts) -> None:
    before, after = score(RUBRIC, found), score(RUBRIC, BETTER[name](found))
    assert before.exact <= after.exact
    assert 0 <= before.rounded <= after.rounded <= 100


def _with(**values: str | bool) -> Rubric:
    content = kept(RUBRIC)
    for name, value in values.items():
        part = content[name]
        assert isinstance(part, dict)
        content[name] = {**part, "value": value}
    return _read(content)


def _read(content: object) -> Rubric:
    return Rubric.model_validate_json(json.dumps(content))


def test_what_was_not_due_counts_as_earned_if_the_rubric_says_so() -> None:
    nothing_due = facts(tenancies=TenancyFacts())
    spread, full = score(RUBRIC, nothing_due), score(_with(not_due="full"), nothing_due)
    assert spread.dimensions["filing"] == 0  # no admission: only the sample check, not marked
    assert full.dimensions["filing"] == 8
    assert full.exact > spread.exact


def test_without_enterprises_is_not_due_if_the_rubric_says_so() -> None:
    empty = facts(tenancies=TenancyFacts())
    kinder = score(_with(zero_without_enterprises=False), empty)
    jobs = next(found for found in kinder.lines if found.indicator.id == "jobs")
    assert not jobs.applicable
    assert next(found for found in score(RUBRIC, empty).lines if found.indicator.id == "jobs").points == 0


def _with_bonus(weight: str) -> Rubric:
    content = kept(RUBRIC)
    indicators = content["indicators"]
    assert isinstance(indicators, list)
    events = next(found for found in indicators if isinstance(found, dict) and found["id"] == "events")
    assert isinstance(events, dict)
    content["bonus"] = [{**events, "id": "extra_events", "weight": weight}]
    return _read(content)


@pytest.mark.parametrize(("weight", "bonus"), [("3", "3.00"), ("5", "5.00"), ("8", "5.00")])
def test_a_bonus_is_shown_up_to_five_points_and_counts_for_no_band(weight: str, bonus: str) -> None:
    busy = facts(tenancies=TenancyFacts(at_year_end=5), form=year_form({"centre": 10}, jobs=25))
    plain, extra = score(RUBRIC, busy), score(_with_bonus(weight), busy)
    assert (str(extra.bonus), str(plain.bonus)) == (bonus, "0.00")
    assert (extra.exact, extra.dimensions) == (plain.exact, plain.dimensions)
    edition = with_rubric(LHASA, _with_bonus(weight))
    place = Standing(1, 5)
    assert decide_band(edition, extra.rounded, place)[0].id == decide_band(LHASA, plain.rounded, place)[0].id


def _entrants(*scores: str, vetoed: int = 0) -> list[Entrant]:
    listing = Listing(date(2019, 1, 2))
    vetoes = ("confirmed_diversion",)
    return [
        Entrant(uuid4(), "standard", listing, False, vetoes if number < vetoed else (), Decimal(found))
        for number, found in enumerate(scores)
    ]


@pytest.mark.parametrize(
    ("scores", "vetoed", "grades"),
    [
        (("90.00", "85.00", "80.00", "79.99", "60.00"), 0, "excellent good good pass pass"),
        (("90.00", "90.00", "80.00", "79.99", "59.99"), 0, "excellent excellent good pass fail"),
        (
            ("90.00", "85.00", "85.00", "85.00", "80.00", "60.00"),
            0,
            "excellent excellent excellent excellent good pass",
        ),
        (("95.00", "90.00", "80.00", "70.00", "60.00"), 1, "fail excellent good pass pass"),
        (("79.99",), 0, "pass"),
    ],
)
def test_a_rehearsed_years_grades_follow_bands_and_the_best_fifth(
    scores: tuple[str, ...], vetoed: int, grades: str
) -> None:
    entrants = _entrants(*scores, vetoed=vetoed)
    found = grades_of(LHASA, 2019, entrants)
    assert [found[entrant.id] for entrant in entrants] == grades.split()


@settings(max_examples=20, deadline=None)
@given(found=any_facts(), order=st.randoms(use_true_random=False))
def test_the_order_of_indicators_changes_no_score(found: Facts, order: Random) -> None:
    shuffled = list(RUBRIC.indicators)
    order.shuffle(shuffled)
    other = RUBRIC.model_copy(update={"indicators": tuple(shuffled)})
    assert score(other, found).exact == score(RUBRIC, found).exact
    assert score(other, found).exact <= Fraction(100)
