"""Whose numbers an indicator counts, as its parameters say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.evaluation.rubrics.catalogue import CATALOGUE
from services.evaluation.rubrics.counting import COUNTED_FROM, by_form, from_records
from services.evaluation.rubrics.facts import RecordFacts, TenancyFacts
from services.evaluation.rubrics.parameters import PARAMETERS
from services.evaluation.rubrics.rules import line, score
from services.evaluation.rubrics.texts import formula_text
from shared.policy.edition import load_editions
from tests.evaluation.facts import facts, year_form

LHASA = load_editions(None).get("lhasa-2019")
FORM = by_form(LHASA.rubric)
TEN = TenancyFacts(opening=10, at_year_end=10)
SAID = year_form({"municipal": 5}, mentors=5, specialist_staff=5, trained_staff=5, attendance=500)
ON_RECORD = RecordFacts(
    mentors=1, specialist_staff=2, trained_staff=1, events_by_level={"centre": 1, "regional": 1}, attendance=30
)
"""Half of the staff are trained: of 80 per cent that are wanted so 1.25 count."""


def test_the_city_s_rubric_counts_what_is_kept_on_record_from_there() -> None:
    counted = {indicator.id for indicator in LHASA.rubric.indicators if from_records(indicator)}
    assert counted == {"mentors", "specialist_staff", "events", "attendance", "higher_level_events"}
    assert not any(from_records(indicator) for indicator in FORM.with_bonus)


@pytest.mark.parametrize(
    ("indicator", "recorded", "reported"),
    [
        ("mentors", 1, 5),
        ("specialist_staff", "5/4", 5),
        ("events", 2, 5),
        ("attendance", 30, 500),
        ("higher_level_events", 1, 5),
    ],
)
def test_each_counts_from_where_its_rubric_says(indicator: str, recorded: int | str, reported: int) -> None:
    found = facts(tenancies=TEN, form=SAID, records=ON_RECORD)
    values = []
    for rubric in (LHASA.rubric, FORM):
        own = next(one for one in rubric.indicators if one.id == indicator)
        measured = line(rubric, own, found).measured
        values.append(str(measured.value))
        assert measured.reading == ("records" if rubric is LHASA.rubric else None)
    assert values == [str(recorded), str(reported)]


def test_what_nobody_confirmed_changes_no_score() -> None:
    found = facts(tenancies=TEN, form=SAID, records=ON_RECORD)
    boasting = replace(found, form=year_form({"municipal": 50}, mentors=50, specialist_staff=50, trained_staff=50))
    assert score(LHASA.rubric, boasting).exact == score(LHASA.rubric, found).exact


def test_the_formula_and_its_sources_say_so() -> None:
    events, by_the_form = (
        next(one for one in rubric.indicators if one.id == "events") for rubric in (LHASA.rubric, FORM)
    )
    entry = CATALOGUE[events.formula]
    assert (entry.sources_for(events), entry.sources_for(by_the_form)) == (
        ("registry.activity",),
        ("evaluation.report",),
    )
    assert "verified" in formula_text(events).en
    assert "verified" not in formula_text(by_the_form).en


@pytest.mark.parametrize(
    ("value", "fault"), [("records", None), ("form", None), ("both", "form, records"), (1, "form, records")]
)
def test_another_way_of_counting_is_found_before_anybody_approves_it(value: object, fault: str | None) -> None:
    assert PARAMETERS["activities.events"][COUNTED_FROM].fault(LHASA, value) == fault
