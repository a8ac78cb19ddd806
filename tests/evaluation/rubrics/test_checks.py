"""What keeps a rubric edition from being evaluated by, finding by finding (2.3-2, 2.3-3)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import pytest

from services.evaluation.rubrics.catalogue import CATALOGUE
from services.evaluation.rubrics.checks import decide_rubric_fit, decide_rubric_years
from services.evaluation.rubrics.content import changed_parts, kept, values_of
from services.evaluation.rubrics.parameters import PARAMETERS
from services.evaluation.rubrics.texts import FORMULAS, formula_text
from shared.policy.edition import load_editions
from shared.policy.rubric import Rubric

LHASA = load_editions(None).get("lhasa-2019")
DEFAULT = kept(LHASA.rubric)

Change = Callable[[dict[str, Any]], None]


def _set(path: str, value: object) -> Change:
    """Change one place: `indicators.jobs.full_mark`, `dimensions.filing.weight`."""

    def change(content: dict[str, Any]) -> None:
        *way, last = path.split(".")
        place: Any = content
        for step in way:
            place = next(item for item in place if item["id"] == step) if isinstance(place, list) else place[step]
        place[last] = value

    return change


def _drop(path: str) -> Change:
    def change(content: dict[str, Any]) -> None:
        *way, last = path.split(".")
        place: Any = content
        for step in way:
            place = next(item for item in place if item["id"] == step) if isinstance(place, list) else place[step]
        if isinstance(place, list):
            place[:] = [item for item in place if item["id"] != last]
        else:
            del place[last]

    return change


def _no_experts(content: dict[str, Any]) -> None:
    _drop("indicators.filing_sample")(content)
    _set("indicators.filed_agreements.weight", "7")(content)


def _second_period(content: dict[str, Any]) -> None:
    other = deepcopy(next(found for found in content["indicators"] if found["id"] == "filed_in_time"))
    content["indicators"].append({**other, "id": "filed_late", "weight": "1", "params": {"days": 60}})
    _set("indicators.filed_in_time.weight", "2")(content)


def _swapped_bands(content: dict[str, Any]) -> None:
    content["bands"].reverse()


FINDINGS: Mapping[str, tuple[Change, str, set[str]]] = {
    "a dimension is left out": (_drop("dimensions.activities"), "rubric.dimensions", {"rubric-dimension-missing"}),
    "a seventh dimension": (
        lambda content: content["dimensions"].update(extra=content["dimensions"]["filing"]),
        "rubric.dimensions",
        {"rubric-dimension-unknown"},
    ),
    "an indicator of no dimension": (
        _set("indicators.jobs.dimension", "nowhere"),
        "rubric.dimensions",
        {"rubric-dimension-of-indicator"},
    ),
    "weights above 100": (_set("dimensions.filing.weight", "11"), "rubric.weights", {"rubric-weights-total"}),
    "indicators above their dimension": (_set("indicators.jobs.weight", "11"), "rubric.weights", set()),
    "a weight of nothing": (_set("indicators.mentors.weight", "0"), "rubric.weights", {"rubric-weight-zero"}),
    "a total of 90": (_set("total.value", "90"), "rubric.weights", {"rubric-total-wrong"}),
    "three decimals": (_set("decimals.value", 3), "rubric.weights", {"rubric-decimals"}),
    "an unknown formula": (
        _set("indicators.jobs.formula", "services.happiness"),
        "rubric.indicators",
        {"rubric-formula-unknown"},
    ),
    "an id used twice": (_set("indicators.mentors.id", "jobs"), "rubric.indicators", {"rubric-indicator-twice"}),
    "an unknown clause": (_set("indicators.jobs.clause", "9.9-9"), "rubric.indicators", {"rubric-clause-unknown"}),
    "an unknown parameter": (
        _set("indicators.jobs.params", {"colour": "red"}),
        "rubric.parameters",
        {"rubric-parameter-unknown"},
    ),
    "a missing parameter": (_set("indicators.survival.params", {}), "rubric.parameters", {"rubric-parameter-missing"}),
    "a parameter of another kind": (
        _set("indicators.survival.params", {"months": "12"}),
        "rubric.parameters",
        {"rubric-parameter-wrong"},
    ),
    "a parameter that is true for one": (
        _set("indicators.survival.params", {"months": True}),
        "rubric.parameters",
        {"rubric-parameter-wrong"},
    ),
    "a negative amount": (
        _set("indicators.financing_amount.params", {"counted_at_most": "-1"}),
        "rubric.parameters",
        {"rubric-parameter-wrong"},
    ),
    "a level nobody holds events at": (
        _set("indicators.higher_level_events.params", {"levels": ["galactic"]}),
        "rubric.parameters",
        {"rubric-parameter-wrong"},
    ),
    "a term that the edition sets": (
        _set("indicators.reports_corrected.params", {"working_days": 10}),
        "rubric.parameters",
        {"rubric-parameter-fixed"},
    ),
    "two periods for one count": (_second_period, "rubric.parameters", {"rubric-window-twice"}),
    "marks for two tiers": (
        _set("indicators.incubatees.full_mark.by_tier", {"standard": "20", "national": "30"}),
        "rubric.parameters",
        {"rubric-tiers-incomplete"},
    ),
    "an unknown county": (
        _set("remote_divisions.value", ["540121", "999999"]),
        "rubric.parameters",
        {"rubric-division-unknown"},
    ),
    "120 percent": (_set("indicators.survival.full_mark.base", "120"), "rubric.reachable", {"rubric-mark-unreachable"}),
    "more services than count": (
        _set("indicators.confirmed_services.full_mark.base", "4.5"),
        "rubric.reachable",
        {"rubric-mark-unreachable"},
    ),
    "more money than counts": (
        _set("indicators.financing_amount.full_mark.base", "300000.01"),
        "rubric.reachable",
        {"rubric-mark-unreachable"},
    ),
    "a factor that lifts a mark out of reach": (
        _set("hardship_factor.value", "1.4"),
        "rubric.reachable",
        {"rubric-mark-unreachable"},
    ),
    "a factor of nothing": (_set("hardship_factor.value", "0"), "rubric.reachable", {"rubric-factor-zero"}),
    "a floor above its ceiling": (
        _set("indicators.events.full_mark.scaled.floor", "11"),
        "rubric.reachable",
        {"rubric-scale-empty"},
    ),
    "a floor of nothing": (
        _set("indicators.events.full_mark.scaled.floor", "0"),
        "rubric.reachable",
        {"rubric-scale-empty"},
    ),
    "a computed number called a mark": (
        _set("indicators.jobs.kind", "expert"),
        "rubric.evidence",
        {"rubric-kind-wrong"},
    ),
    "a mark without evidence": (
        _set("indicators.filing_sample.evidence", False),
        "rubric.evidence",
        {"rubric-expert-without-evidence"},
    ),
    "evidence that nobody looks at": (_no_experts, "rubric.evidence", {"rubric-evidence-without-expert"}),
    "bands upside down": (_swapped_bands, "rubric.bands", set()),
    "bands that begin at 10": (_set("bands.fail.minimum", "10"), "rubric.bands", {"rubric-bands-begin"}),
    "two bands from 60": (_set("bands.good.minimum", "60"), "rubric.bands", {"rubric-bands-overlap"}),
    "no fail": (_set("bands.fail.failing", False), "rubric.bands", {"rubric-no-failing-band"}),
    "a fail above a pass": (_set("bands.good.failing", True), "rubric.bands", {"rubric-failing-above-passing"}),
    "a grade called exempt": (_set("bands.good.id", "exempt"), "rubric.bands", {"rubric-band-name"}),
    "a band above 100": (_set("bands.excellent.minimum", "101"), "rubric.bands", {"rubric-band-unreachable"}),
    "more than everybody is best": (_set("bands.excellent.top_share", "1.2"), "rubric.bands", {"rubric-share-wrong"}),
    "no veto for silence": (_drop("vetoes.no_quarterly_report"), "rubric.vetoes", {"rubric-veto-missing"}),
}


@pytest.mark.parametrize("name", FINDINGS)
def test_a_rubric_that_cannot_be_evaluated_by_is_found_out(name: str) -> None:
    change, rule, messages = FINDINGS[name]
    content = deepcopy(DEFAULT)
    change(content)
    decision = decide_rubric_fit(LHASA, values_of(content))
    found = {result.message for result in decision.failures if result.rule == rule}
    assert found
    assert messages <= found
    assert all(result.inputs["subject"] for result in decision.failures)


def test_the_rubric_of_the_policy_edition_passes_every_check() -> None:
    decision = decide_rubric_fit(LHASA, values_of(DEFAULT))
    assert decision.passed
    assert {result.message for result in decision.results} == {"rubric-in-order"}


def test_every_finding_is_reported_at_once() -> None:
    content = deepcopy(DEFAULT)
    for name in ("weights above 100", "an unknown formula", "no fail"):
        FINDINGS[name][0](content)
    rules = {result.rule for result in decide_rubric_fit(LHASA, values_of(content)).failures}
    assert rules == {"rubric.weights", "rubric.indicators", "rubric.bands"}


def test_a_rubric_kept_as_json_is_the_same_rubric() -> None:
    assert Rubric.model_validate_json(json.dumps(DEFAULT)) == LHASA.rubric


@pytest.mark.parametrize(
    ("first_year", "approved_year", "message"),
    [
        (2019, 2019, "rubric-in-order"),
        (2020, 2019, "rubric-in-order"),
        (2020, 2020, "rubric-in-order"),
        (2019, 2020, "rubric-year-over"),
        (2018, 2018, "rubric-year-outside"),
        (2021, 2020, "rubric-year-outside"),
    ],
)
def test_a_rubric_is_for_years_of_its_policy_that_are_not_over(
    first_year: int, approved_year: int, message: str
) -> None:
    (result,) = decide_rubric_years(LHASA, first_year, approved_year).results
    assert (result.message, result.passed) == (message, message == "rubric-in-order")


def test_an_edit_names_what_it_changed() -> None:
    content = deepcopy(DEFAULT)
    _set("indicators.jobs.weight", "9")(content)
    _drop("indicators.mentors")(content)
    _set("bonus_limit.value", "3")(content)
    _set("dimensions.filing.title_en", "Filing")(content)
    changed = changed_parts(DEFAULT, content)
    assert changed == ["bonus_limit", "dimensions.filing", "indicators.mentors", "indicators.jobs"]
    assert changed_parts(DEFAULT, DEFAULT) == []


def test_every_formula_has_its_text_and_knows_its_parameters() -> None:
    assert set(FORMULAS) == set(CATALOGUE)
    assert set(PARAMETERS) <= set(CATALOGUE)
    texts = {indicator.id: formula_text(indicator) for indicator in LHASA.rubric.indicators}
    assert not any("{" in said.zh + said.en for said in texts.values())
    assert "300,000" in texts["financing_amount"].en
