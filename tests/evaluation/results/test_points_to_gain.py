"""The cheapest points to gain: what one more unit of each input gives, and how far it goes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings, strategies as st

from services.evaluation.provisional.levers import Gain, gains, levers_of
from services.evaluation.rubrics.counting import by_form
from services.evaluation.rubrics.facts import Facts, RecordFacts, TenancyFacts, Unverified
from services.evaluation.rubrics.rules import score
from shared.policy.edition import load_editions
from tests.evaluation.facts import ALL_IN_TIME, facts, year_form
from tests.evaluation.test_score_rules import any_facts
from tests.evaluation.test_worked_examples import DILIGENT, ON_PAPER

LHASA = load_editions(None).get("lhasa-2019")
LEVERS = levers_of(LHASA.rubric, tuple(LHASA.activities.levels))
TEN = TenancyFacts(opening=10, at_year_end=10)
HELD = RecordFacts(unverified=(Unverified("municipal", 40), Unverified("centre", 10), Unverified("municipal", 60)))
"""Three events that wait for the bureau; the two with the most people are all that ten enterprises need."""
FORM_RUBRIC = by_form(LHASA.rubric)


def _gains(found: Facts, *, year_over: bool = False) -> dict[str, Gain]:
    return {gain.lever.input: gain for gain in gains(LHASA.rubric, found, LEVERS, year_over=year_over)}


@pytest.mark.parametrize(
    ("name", "found", "units", "raw"),
    [
        ("jobs", facts(tenancies=TEN, form=year_form(jobs=20)), 30, 6),  # 20 of 50 jobs: 4 of 10 points so far
        ("mentors_linked", facts(tenancies=TEN), 1, 5),
        ("staff_certified", facts(tenancies=TEN), 1, 3),
        ("staff_to_certify", facts(tenancies=TEN, form=year_form(specialist_staff=1)), 1, 3),
        ("area_used_m2", facts(tenancies=TEN, form=year_form(area_used_m2=590)), 10, "0.05"),  # 600 of 1000 are 60 %
        ("enterprises_with_ip", facts(tenancies=TEN), 3, 4),  # 24 % of ten are 2.4
        ("enterprises_financed", facts(tenancies=TEN), 1, 6),
        ("equity_financing", facts(tenancies=TEN), 30, "1.5"),  # one enterprise: 300,000 yuan, 30,000 for each of ten
        ("equity_financing", facts(tenancies=TEN, form=year_form(enterprises_financed=3)), 80, 4),  # 80,000 for each
        ("financing_matches", facts(tenancies=TEN), 3, 5),  # ⌈10/4⌉ × 0.8 = 2.4
        ("attendance_recorded", facts(tenancies=TEN), 100, 3),
        ("events_to_verify", facts(tenancies=TEN, records=HELD), 2, 10),
        ("fields_filled", facts(tenancies=TEN, reporting=replace(ALL_IN_TIME, filled=80)), 4, Fraction(1, 7)),
        ("exits_documented", facts(tenancies=replace(TEN, exited=2, exited_without_reason=2)), 2, Fraction(2, 3)),
    ],
)
def test_units_that_are_of_use_and_the_points_they_give(
    name: str, found: Facts, units: int, raw: int | str | Fraction
) -> None:
    gain = _gains(found)[name]
    assert gain.units == units
    after = score(LHASA.rubric, gain.lever.change(found, units))
    own = {line.indicator.id: line.points for line in after.lines}
    before = {line.indicator.id: line.points for line in score(LHASA.rubric, found).lines}
    assert sum((own[name] - before[name] for name in gain.indicators), Fraction(0)) == Fraction(raw)
    assert gain.most == after.exact - score(LHASA.rubric, found).exact


def test_the_cheapest_points_come_first() -> None:
    found = gains(LHASA.rubric, ON_PAPER, LEVERS, year_over=False)
    per_unit = [gain.per_unit for gain in found]
    assert per_unit == sorted(per_unit, reverse=True)
    assert {"jobs", "enterprises_financed", "enterprises_with_ip"} <= {gain.lever.input for gain in found}


def test_what_is_full_already_is_not_offered() -> None:
    assert {"mentors_linked", "staff_certified", "recorded_events"}.isdisjoint(_gains(DILIGENT))


def test_an_admission_that_costs_more_than_it_gives_is_not_offered() -> None:
    full = facts(tenancies=TenancyFacts(opening=20, at_year_end=20), form=year_form(jobs=100, mentors=2))
    assert "admitted" not in _gains(full)
    few = facts(tenancies=TenancyFacts(opening=2, at_year_end=2))
    assert "admitted" in _gains(few)


def test_once_the_year_is_over_only_what_was_left_undone_can_be_mended() -> None:
    stays = replace(TEN, admitted=2, filed=1, exited=1, exited_without_reason=1)
    found = facts(tenancies=stays, reporting=replace(ALL_IN_TIME, filled=70))
    assert set(_gains(found, year_over=True)) == {"fields_filled", "filed", "exits_documented"}


def test_what_was_held_can_still_be_verified_after_the_year() -> None:
    found = facts(tenancies=TEN, records=HELD)
    assert set(_gains(found, year_over=True)) == {"events_to_verify"}
    verified = _gains(found)["events_to_verify"].lever.change(found, 2)
    assert (verified.records.attendance, verified.records.events_by_level) == (100, {"municipal": 2})


def test_a_rubric_that_counts_by_the_form_offers_the_form_s_inputs() -> None:
    inputs = {lever.input for lever in levers_of(FORM_RUBRIC, tuple(LHASA.activities.levels))}
    assert {"mentors", "trained_staff", "events", "attendance", "higher_level_events"} <= inputs
    assert inputs.isdisjoint({"mentors_linked", "staff_certified", "recorded_events", "events_to_verify"})


def test_no_more_than_there_are_to_count() -> None:
    stays = replace(TEN, cohort=3)
    assert _gains(facts(tenancies=stays, form=year_form(alive_after_12_months=1)))["alive_after_12_months"].units == 2


@settings(max_examples=25, deadline=None)
@given(found=any_facts(), year_over=st.booleans())
def test_every_offer_raises_the_score_by_what_it_says(found: Facts, year_over: bool) -> None:
    now = score(LHASA.rubric, found).exact
    for gain in gains(LHASA.rubric, found, LEVERS, year_over=year_over):
        assert gain.most > 0
        assert score(LHASA.rubric, gain.lever.change(found, gain.units)).exact == now + gain.most
        assert gain.units <= gain.lever.room(found)
