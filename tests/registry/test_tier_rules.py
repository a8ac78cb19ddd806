"""What a tier is approved by, at each bound: 2.1-0 to 2.1-3."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.registry.grades.rules import Grade, decide_grade, latest_by
from services.registry.tiers.rules import (
    TierFacts,
    decide_designation,
    decide_period,
    decide_tier,
    designated_tiers,
    entry_tiers,
    window_start,
)
from shared.policy.edition import load_editions

LHASA = load_editions(None).get("lhasa-2019")
SYSTEM = ("startup_service", "training", "incubation", "investment", "special")
GOOD = TierFacts(
    centre_status="listed",
    current_tier="standard",
    industry_code="I6510",
    services={**dict.fromkeys(SYSTEM, 1), "technology_transfer": 1},
    incubatees=20,
    same_industry=15,
    admissions_due=10,
    admissions_filed=10,
    exits=4,
    exits_documented=4,
    incubator_agreements=1,
)


def failures(tier: str, facts: TierFacts) -> list[str]:
    return [failed.message for failed in decide_tier(LHASA, tier, facts).failures]


def test_a_centre_is_listed_as_standard_only() -> None:
    assert entry_tiers(LHASA) == ("standard",)
    assert designated_tiers(LHASA) == ("national",)


def test_centre_that_meets_every_criterion_may_be_specialised() -> None:
    decision = decide_tier(LHASA, "specialised", GOOD)
    assert decision.passed
    assert {result.rule: result.clause for result in decision.results} == {
        "tiers.applied_for": "2.1-0",
        "tiers.centre_listed": "2.1-0",
        "tiers.higher_than_current": "2.1-0",
        "tiers.service_system": "2.1-1",
        "tiers.admissions_filed": "2.1-1",
        "tiers.exits_documented": "2.1-1",
        "tiers.incubator_agreements": "2.1-1",
        "tiers.same_industry": "2.1-2",
        "tiers.technology_transfer": "2.1-2",
        "tiers.grade": "2.3-3",
    }


@pytest.mark.parametrize("tier", ["standard", "national"])
def test_nobody_applies_for_the_tier_of_the_listing_or_of_the_state(tier: str) -> None:
    assert "tier-not-applied-for" in failures(tier, GOOD)


@pytest.mark.parametrize("status", ["draft", "announced", "suspended", "withdrawn", "delisted"])
def test_tier_needs_a_listed_centre(status: str) -> None:
    assert failures("specialised", replace(GOOD, centre_status=status)) == ["centre-not-listed"]


@pytest.mark.parametrize(("current", "refused"), [("standard", []), ("specialised", ["tier-held-already"])])
def test_tier_is_above_the_present_one(current: str, refused: list[str]) -> None:
    assert failures("specialised", replace(GOOD, current_tier=current)) == refused


def test_national_base_does_not_apply_for_less() -> None:
    assert failures("specialised", replace(GOOD, current_tier="national")) == ["tier-held-already"]


@pytest.mark.parametrize("missing", SYSTEM)
def test_each_of_the_five_parts_was_delivered(missing: str) -> None:
    services = {name: count for name, count in GOOD.services.items() if name != missing}
    decision = decide_tier(LHASA, "specialised", replace(GOOD, services=services))
    [failed] = decision.failures
    assert (failed.message, failed.inputs["missing"], failed.limit) == ("service-system-incomplete", missing, "1")


@pytest.mark.parametrize(
    ("same", "incubatees", "passed"),
    [
        (0, 0, False),
        (1, 1, True),
        (3, 4, True),
        (2, 3, False),
        (15, 20, True),
        (14, 20, False),
        (74, 99, False),
        (75, 100, True),
        (749, 1000, False),
        (750, 1000, True),
    ],
)
def test_same_industry_share_is_75_percent_of_those_there(same: int, incubatees: int, passed: bool) -> None:
    facts = replace(GOOD, same_industry=same, incubatees=incubatees)
    assert failures("specialised", facts) == ([] if passed else ["same-industry-too-few"])


def test_centre_without_an_industry_has_no_share() -> None:
    facts = replace(GOOD, industry_code=None, same_industry=0)
    assert failures("specialised", facts) == ["same-industry-too-few"]


@pytest.mark.parametrize(("transfers", "passed"), [(0, False), (1, True), (5, True)])
def test_at_least_one_technology_transfer(transfers: int, passed: bool) -> None:
    services = {**GOOD.services, "technology_transfer": transfers}
    facts = replace(GOOD, services=services)
    assert failures("specialised", facts) == ([] if passed else ["technology-transfer-too-few"])


@pytest.mark.parametrize(
    ("due", "filed", "passed"),
    [(0, 0, True), (1, 1, True), (1, 0, False), (10, 9, True), (10, 8, False), (15, 14, True), (99, 89, False)],
)
def test_ninety_percent_of_the_admissions_that_were_due_are_filed(due: int, filed: int, passed: bool) -> None:
    facts = replace(GOOD, admissions_due=due, admissions_filed=filed)
    assert failures("specialised", facts) == ([] if passed else ["admissions-not-filed"])


@pytest.mark.parametrize(
    ("exits", "documented", "passed"), [(0, 0, True), (1, 0, False), (10, 9, True), (10, 8, False), (19, 17, False)]
)
def test_ninety_percent_of_the_exits_have_a_document(exits: int, documented: int, passed: bool) -> None:
    facts = replace(GOOD, exits=exits, exits_documented=documented)
    assert failures("specialised", facts) == ([] if passed else ["exits-not-documented"])


@pytest.mark.parametrize(("agreements", "passed"), [(0, False), (1, True), (3, True)])
def test_at_least_one_agreement_with_an_incubator(agreements: int, passed: bool) -> None:
    facts = replace(GOOD, incubator_agreements=agreements)
    assert failures("specialised", facts) == ([] if passed else ["incubator-agreements-too-few"])


@pytest.mark.parametrize(
    ("grade", "passed"), [(None, True), ("fail", False), ("pass", True), ("good", True), ("excellent", True)]
)
def test_grade_of_the_latest_graded_year_is_at_least_a_pass(grade: str | None, passed: bool) -> None:
    latest = Grade(2019, grade, 7, date(2020, 3, 2)) if grade else None
    facts = replace(GOOD, grade=latest)
    assert failures("specialised", facts) == ([] if passed else ["grade-too-low"])
    [told] = [result for result in decide_tier(LHASA, "specialised", facts).results if result.rule == "tiers.grade"]
    if grade is None:
        assert told.message == "grade-none-yet"
    else:
        assert (told.inputs["year"], told.inputs["version"], told.limit) == (2019, 7, "pass")


@pytest.mark.parametrize(
    ("minimum", "grade", "passed"),
    [
        ("", "fail", True),
        ("pass", "fail", False),
        ("good", "pass", False),
        ("good", "excellent", True),
        ("excellent", "good", False),
        ("excellent", "excellent", True),
        ("pass", "unheard_of", False),
    ],
)
def test_grades_are_compared_in_the_order_of_the_bands(minimum: str, grade: str, passed: bool) -> None:
    assert decide_grade(LHASA, "tiers.grade", minimum, Grade(2019, grade, 1, date(2020, 3, 2))).passed is passed


@pytest.mark.parametrize(
    ("day", "year", "version"),
    [
        (date(2019, 12, 31), None, None),
        (date(2020, 3, 1), None, None),
        (date(2020, 3, 2), 2018, 2),
        (date(2021, 3, 2), 2018, 2),  # 2019 was exempt
        (date(2022, 3, 2), 2020, 1),
    ],
)
def test_the_latest_graded_year_published_by_the_day_counts(day: date, year: int | None, version: int | None) -> None:
    grades = [
        Grade(2020, "good", 1, date(2022, 3, 2)),
        Grade(2018, "fail", 1, date(2020, 3, 2)),
        Grade(2018, "pass", 2, date(2020, 3, 2)),
        Grade(2019, "exempt", 1, date(2021, 3, 2)),
    ]
    found = latest_by(grades, day)
    assert (found and found.year, found and found.version) == (year, version)


def test_new_products_are_no_transfers() -> None:
    services = {**dict.fromkeys(SYSTEM, 1), "new_product": 3}
    assert failures("specialised", replace(GOOD, services=services)) == ["technology-transfer-too-few"]


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (date(2019, 6, 3), date(2018, 6, 3)),
        (date(2020, 2, 29), date(2019, 2, 28)),
        (date(2021, 2, 28), date(2020, 2, 28)),
    ],
)
def test_window_begins_on_the_corresponding_day_a_year_before(day: date, first: date) -> None:
    assert window_start(LHASA, day) == first


@pytest.mark.parametrize(
    ("day", "passed"), [(date(2019, 6, 2), False), (date(2019, 6, 3), False), (date(2019, 6, 4), True)]
)
def test_a_tier_lasts_at_least_a_day(day: date, passed: bool) -> None:
    decision = decide_period(LHASA, date(2019, 6, 3), day)
    assert decision.passed is passed
    assert decision.results[0].limit == "2019-06-04"


@pytest.mark.parametrize(
    ("tier", "day", "message"),
    [
        ("national", date(2018, 11, 19), "designation-not-yet-in-effect"),
        ("national", date(2018, 11, 20), None),
        ("specialised", date(2018, 11, 20), "tier-not-designated"),
        ("standard", date(2018, 11, 20), "tier-not-designated"),
    ],
)
def test_only_what_the_state_designates_is_recorded_and_not_before(tier: str, day: date, message: str | None) -> None:
    decision = decide_designation(LHASA, tier, date(2018, 11, 20), day)
    assert [failed.message for failed in decision.failures] == ([message] if message else [])
    assert decision.clauses == ("2.1-3",)


@pytest.mark.parametrize(("day", "passed"), [(date(2020, 11, 20), True), (date(2020, 11, 21), False)])
def test_designation_takes_effect_no_later_than_its_last_day(day: date, passed: bool) -> None:
    decision = decide_designation(LHASA, "national", date(2018, 11, 20), day, date(2020, 11, 20))
    assert [failed.message for failed in decision.failures] == ([] if passed else ["designation-over"])
