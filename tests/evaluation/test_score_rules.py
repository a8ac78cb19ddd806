"""Scores, bands and grades of the default rubric (2.3-2, 2.3-3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from services.evaluation.reports.form import BY_LEVEL, YearForm
from services.evaluation.rubrics.facts import Facts, ReportingFacts, TenancyFacts
from services.evaluation.rubrics.rules import (
    Listing,
    Standing,
    decide_band,
    decide_grade,
    decide_graded,
    decide_vetoes,
    full_mark,
    round_score,
    score,
)
from shared.policy.edition import load_editions
from tests.evaluation.facts import ALL_IN_TIME, FIELDS, facts, year_form

LHASA = load_editions(None).get("lhasa-2019")
SCORED = date(2021, 1, 25)
RUBRIC = LHASA.rubric
BY_ID = {indicator.id: indicator for indicator in RUBRIC.indicators}
FIRST = Standing(place=1, graded=1)


@pytest.mark.parametrize(
    ("exact", "rounded", "grade"),
    [
        ("59.994", "59.99", "fail"),
        ("59.9949999999", "59.99", "fail"),
        ("59.995", "60.00", "pass"),
        ("60", "60.00", "pass"),
        ("79.994", "79.99", "pass"),
        ("79.995", "80.00", "excellent"),
        ("0", "0.00", "fail"),
        ("100", "100.00", "excellent"),
    ],
)
def test_score_is_rounded_half_up_to_two_places_before_it_is_graded(exact: str, rounded: str, grade: str) -> None:
    found = round_score(Fraction(exact), 2)
    assert str(found) == rounded
    assert decide_band(LHASA, found, FIRST)[0].id == grade


@pytest.mark.parametrize(
    ("place", "graded", "grade"),
    [
        (1, 1, "excellent"),
        (1, 5, "excellent"),
        (2, 5, "good"),
        (2, 6, "excellent"),  # a fifth of six, rounded up, is two
        (3, 6, "good"),
        (3, 11, "excellent"),
        (4, 11, "good"),
        (20, 100, "excellent"),
        (21, 100, "good"),
    ],
)
def test_excellent_is_the_best_fifth_of_the_tier_rounded_up(place: int, graded: int, grade: str) -> None:
    assert decide_band(LHASA, Decimal("85.00"), Standing(place, graded))[0].id == grade


def test_a_place_among_the_best_does_not_help_below_80() -> None:
    assert decide_band(LHASA, Decimal("79.99"), FIRST)[0].id == "pass"


@pytest.mark.parametrize(
    ("indicator", "changes", "mark"),
    [
        ("incubatees", {}, "20"),
        ("incubatees", {"tier": "specialised"}, "15"),
        ("incubatees", {"tier": "national"}, "30"),
        ("incubatees", {"tier": "national", "remote": True}, "8"),
        ("jobs", {}, "5"),
        ("jobs", {"remote": True}, "3"),
        ("area_in_use", {}, "60"),
        ("area_in_use", {"hardship": False}, "75"),
        ("intellectual_property", {}, "24"),
        ("enterprises_financed", {}, "8"),
        ("financing_amount", {}, "80000"),
        ("financing_matches", {"n": 0}, "0.8"),
        ("financing_matches", {"n": 4}, "0.8"),
        ("financing_matches", {"n": 5}, "1.6"),
        ("financing_matches", {"n": 40, "hardship": False}, "5"),
        ("events", {"n": 0}, "2"),
        ("events", {"n": 11}, "3"),
        ("events", {"n": 99}, "10"),
        ("attendance", {"n": 5}, "50"),
        ("attendance", {"n": 6}, "60"),
        ("attendance", {"n": 31}, "300"),
    ],
)
def test_full_mark_depends_on_tier_place_and_incubatees(indicator: str, changes: dict[str, object], mark: str) -> None:
    n = int(str(changes.pop("n", 10)))
    found = facts(tenancies=TenancyFacts(at_year_end=n), **changes)  # type: ignore[arg-type]  # a table's columns
    assert full_mark(RUBRIC, BY_ID[indicator], found) == Fraction(mark)


def _points(found: Facts, indicator: str) -> Fraction | None:
    line = next(line for line in score(RUBRIC, found).lines if line.indicator.id == indicator)
    return line.points if line.applicable else None


@pytest.mark.parametrize(
    "indicator",
    [
        "confirmed_services",
        "mentors",
        "specialist_staff",
        "intellectual_property",
        "jobs",
        "incubatees",
        "graduation_rate",
        "enterprises_financed",
        "financing_amount",
    ],
)
def test_without_enterprises_what_is_counted_by_enterprise_scores_zero(indicator: str) -> None:
    form = year_form(mentors=5, specialist_staff=5, trained_staff=5, jobs=9, equity_financing="900000")
    assert _points(facts(form=form), indicator) == 0


@pytest.mark.parametrize(
    "indicator", ["filed_agreements", "filed_in_time", "reports_corrected", "exits_in_order", "survival"]
)
def test_what_was_not_due_is_not_applicable(indicator: str) -> None:
    assert _points(facts(), indicator) is None


def test_weight_of_what_was_not_due_is_spread_over_its_dimension() -> None:
    found = score(RUBRIC, facts(reporting=replace(ALL_IN_TIME, on_time=2)))
    assert found.dimensions["quarterly"] == Fraction("2.5") * 10 / 8 + Fraction(3) * 10 / 8


def test_weight_of_a_dimension_not_due_is_spread_over_the_others() -> None:
    nothing = ReportingFacts()
    found = score(RUBRIC, facts(reporting=nothing))
    assert found.dimensions["quarterly"] is None
    assert found.exact == sum(points for points in found.dimensions.values() if points is not None) * 100 / 90


def test_an_expert_indicator_without_a_mark_scores_zero_until_it_is_marked() -> None:
    assert _points(facts(), "filing_sample") == 0
    assert _points(facts(marks={"filing_sample": Decimal(50)}), "filing_sample") == 1
    assert _points(facts(marks={"filing_sample": None}), "filing_sample") is None


@pytest.mark.parametrize(
    ("staff", "trained", "points"),
    [(2, 2, 3), (2, 1, "1.875"), (1, 1, "1.5"), (4, 2, 3), (1, 0, 0), (5, 4, 3)],
)
def test_staff_counts_as_far_as_eighty_percent_are_trained(staff: int, trained: int, points: str | int) -> None:
    form = year_form(specialist_staff=staff, trained_staff=trained)
    assert _points(facts(tenancies=TenancyFacts(at_year_end=20), form=form), "specialist_staff") == Fraction(points)


@pytest.mark.parametrize(
    ("past_stay", "past_long_stay", "long_stay", "points"),
    [(0, 0, 0, 4), (1, 0, 0, "3.6"), (1, 0, 1, 4), (1, 1, 1, "3.6"), (3, 1, 1, "3.2")],
)
def test_stays_past_48_months_are_in_order_only_for_long_stay_fields(
    past_stay: int, past_long_stay: int, long_stay: int, points: str | int
) -> None:
    stays = TenancyFacts(at_year_end=10, past_stay=past_stay, past_long_stay=past_long_stay)
    found = facts(tenancies=stays, form=year_form(long_stay_enterprises=long_stay))
    assert _points(found, "exits_in_order") == Fraction(points)


def _measured(found: Facts, indicator: str) -> tuple[Fraction | None, str | None]:
    measured = next(line for line in score(RUBRIC, found).lines if line.indicator.id == indicator).measured
    return measured.value, measured.reading


@pytest.mark.parametrize(
    ("raised", "financed", "counted"),
    [
        ("299999.99", 1, "299999.99"),
        ("300000.00", 1, "300000.00"),
        ("300000.01", 1, "300000.00"),
        ("9000000.00", 1, "300000.00"),  # nine million of one enterprise are no financing of the others
        ("600000.01", 2, "600000.00"),
        ("20000.00", 0, "20000.00"),  # somebody must have got it, who was financed before
        ("300000.01", 0, "300000.00"),
        ("9000000.00", 40, "3000000.00"),  # no more enterprises than were there in the year
    ],
)
def test_financing_counts_at_most_300000_yuan_for_each_enterprise_that_was_financed(
    raised: str, financed: int, counted: str
) -> None:
    form = year_form(bank_loans=raised, enterprises_financed=financed)
    found = facts(tenancies=TenancyFacts(opening=9, admitted=1, at_year_end=10), form=form)
    assert _measured(found, "financing_amount") == (Fraction(counted) / 10, "total")


@pytest.mark.parametrize(
    ("on_record", "reported", "served", "counted", "reading"),
    [
        ({3: 1}, 3, 1, 3, "by_enterprise"),
        ({4: 1}, 4, 1, 4, "by_enterprise"),
        ({5: 1}, 5, 1, 4, "by_enterprise"),
        ({40: 1}, 40, 10, 4, "by_enterprise"),  # forty of one firm do not stand for ten firms
        ({5: 1, 3: 1}, 8, 2, 7, "by_enterprise"),
        ({4: 2}, 3, 2, 8, "by_enterprise"),  # the report forgot some that were confirmed
        ({5: 1}, 7, 2, 6, "by_enterprise_and_total"),
        ({5: 1}, 20, 2, 8, "by_enterprise_and_total"),
        ({}, 3, 1, 3, "total"),
        ({}, 4, 1, 4, "total"),
        ({}, 5, 1, 4, "total"),
        ({}, 5, 2, 5, "total"),
        ({}, 3, 0, 3, "total"),
        ({}, 400, 99, 40, "total"),
    ],
)
def test_services_count_at_most_4_for_each_enterprise(
    on_record: dict[int, int], reported: int, served: int, counted: int, reading: str
) -> None:
    form = year_form(confirmed_services=reported, enterprises_served=served)
    found = replace(facts(tenancies=TenancyFacts(opening=10, at_year_end=10), form=form), services=on_record)
    assert _measured(found, "confirmed_services") == (Fraction(counted, 10), reading)


@pytest.mark.parametrize(
    ("listed_on", "delisted_on", "graded"),
    [
        (date(2019, 1, 1), None, True),
        (date(2020, 6, 30), None, True),  # six months end on 30 December
        (date(2020, 7, 1), None, False),
        (date(2020, 12, 31), None, False),
        (date(2019, 1, 1), date(2020, 12, 31), False),
        (date(2019, 1, 1), date(2021, 1, 1), True),
    ],
)
def test_listed_for_less_than_six_months_is_not_graded(listed_on: date, delisted_on: date | None, graded: bool) -> None:
    assert decide_graded(LHASA, 2020, Listing(listed_on, delisted_on)).passed is graded


@pytest.mark.parametrize(
    ("withdrawn_on", "message"),
    [
        (None, "centre-graded"),
        (date(2020, 8, 1), "centre-withdrawn"),
        (date(2020, 12, 30), "centre-withdrawn"),
        (date(2020, 12, 31), "centre-withdrawn"),
        (date(2021, 1, 1), "centre-graded"),
    ],
)
def test_who_withdraws_within_the_year_is_not_graded_and_who_leaves_after_it_is(
    withdrawn_on: date | None, message: str
) -> None:
    (result,) = decide_graded(LHASA, 2020, Listing(date(2019, 1, 1), withdrawn_on=withdrawn_on)).results
    assert (result.message, result.passed) == (message, message == "centre-graded")


def test_six_months_from_the_thirtieth_of_june_are_over_at_the_years_end() -> None:
    assert decide_graded(LHASA, 2020, Listing(date(2020, 6, 30))).passed
    (result,) = decide_graded(LHASA, 2020, Listing(date(2020, 7, 1))).results
    assert result.message == "centre-listed-too-shortly"


GRADED = decide_graded(LHASA, 2020, Listing(date(2019, 1, 1)))
NOT_GRADED = decide_graded(LHASA, 2020, Listing(date(2020, 12, 1)))


@pytest.mark.parametrize(
    ("vetoes", "exempt", "long_enough", "grade", "failing"),
    [
        ((), False, True, "excellent", False),
        (("no_quarterly_report",), False, True, "fail", True),
        (("confirmed_falsification",), False, True, "fail", True),
        (("confirmed_diversion", "confirmed_falsification"), False, True, "fail", True),
        (("confirmed_diversion",), True, True, "exempt", False),
        (("no_quarterly_report",), False, False, "not_graded", False),
    ],
)
def test_exemption_comes_before_grading_and_vetoes_before_the_score(
    vetoes: tuple[str, ...], exempt: bool, long_enough: bool, grade: str, failing: bool
) -> None:
    graded = GRADED if long_enough else NOT_GRADED
    found = decide_grade(LHASA, graded, decide_vetoes(LHASA, vetoes), Decimal("95.00"), FIRST, exempt=exempt)
    assert (found.grade, found.failing) == (grade, failing)


def test_a_veto_for_diversion_cites_the_earmarking_clause() -> None:
    assert decide_vetoes(LHASA, ["confirmed_diversion"]).clauses == ("3.1-4",)


COUNTS = st.integers(0, 60)
NUMBERS = [name for name in FIELDS if name != BY_LEVEL]


@st.composite
def any_facts(draw: st.DrawFn) -> Facts:
    stays = TenancyFacts(**{name: draw(COUNTS) for name in TenancyFacts.__dataclass_fields__})
    due = draw(st.integers(0, 4))
    on_time = draw(st.integers(0, due))
    returned = draw(st.integers(0, 6))
    reporting = ReportingFacts(
        due=due,
        submitted=due,
        on_time=on_time,
        accepted=due,
        filled=draw(st.integers(0, 21 * due)),
        fields=21 * due,
        returned=returned,
        corrected_in_time=draw(st.integers(0, returned)),
    )
    form = YearForm({name: Fraction(draw(COUNTS)) for name in NUMBERS}, {"municipal": draw(COUNTS)})
    return Facts(
        tier=draw(st.sampled_from(["standard", "specialised", "national"])),
        remote=draw(st.booleans()),
        hardship=draw(st.booleans()),
        total_area_m2=Decimal(draw(st.integers(0, 5000))),
        tenancies=stays,
        reporting=reporting,
        form=form,
        services=draw(st.dictionaries(st.integers(1, 9), st.integers(1, 9), max_size=3)),
        marks=draw(st.dictionaries(st.just("filing_sample"), st.none() | st.integers(0, 100).map(Decimal))),
    )


@given(found=any_facts())
def test_score_lies_between_0_and_100(found: Facts) -> None:
    computed = score(RUBRIC, found)
    assert 0 <= computed.rounded <= 100
    assert all(points is None or points >= 0 for points in computed.dimensions.values())


@given(found=any_facts(), field=st.sampled_from(NUMBERS), more=st.integers(1, 50))
def test_reporting_more_of_anything_never_lowers_the_score(found: Facts, field: str, more: int) -> None:
    form = YearForm({**found.form.numbers, field: found.form[field] + more}, found.form.events_by_level)
    assert score(RUBRIC, replace(found, form=form)).exact >= score(RUBRIC, found).exact
