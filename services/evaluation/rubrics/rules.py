"""From a year's facts to a score and a grade. Exact fractions all the way; rounded once, at the very end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Final

from services.evaluation.rubrics.catalogue import CATALOGUE
from services.evaluation.rubrics.facts import Facts, Measured
from shared.calendar import add_months
from shared.policy.decision import Decision, RuleInput, RuleResult
from shared.policy.edition import Edition
from shared.policy.rubric import Band, Indicator, Rubric, ScaledMark

EXEMPT: Final = "exempt"
NOT_GRADED: Final = "not_graded"
NO_REPORT: Final = "no_quarterly_report"


@dataclass(frozen=True, slots=True)
class Line:
    """An indicator's part of the score; not `applicable` where nothing was due."""

    indicator: Indicator
    measured: Measured
    full_mark: Fraction
    points: Fraction

    @property
    def applicable(self) -> bool:
        return self.measured.value is not None


@dataclass(frozen=True, slots=True)
class Score:
    """All lines, each dimension's points out of its weight (None where nothing of it was due), and the sum."""

    lines: tuple[Line, ...]
    dimensions: Mapping[str, Fraction | None]
    exact: Fraction
    rounded: Decimal


@dataclass(frozen=True, slots=True)
class Standing:
    """A graded centre's place in its tier: centres with a higher score plus one, among `graded` centres."""

    place: int
    graded: int


@dataclass(frozen=True, slots=True)
class Listing:
    """Since when a centre is on the list, and since when no longer, by decision or at its own request."""

    listed_on: date | None
    delisted_on: date | None = None
    withdrawn_on: date | None = None


@dataclass(frozen=True, slots=True)
class Grade:
    """The outcome of a year and the rules that led to it."""

    grade: str
    failing: bool
    decision: Decision


def round_score(exact: Fraction, decimals: int) -> Decimal:
    """2.3-3: half up, so 59.995 is 60.00 and passes."""
    shifted = floor(exact * 10**decimals + Fraction(1, 2))
    return Decimal(shifted).scaleb(-decimals)


def full_mark(rubric: Rubric, indicator: Indicator, facts: Facts) -> Fraction:
    """2.3-2: the value that earns the whole weight, for this centre's tier, place and number of incubatees."""
    mark = indicator.full_mark
    if mark.remote is not None and facts.remote:
        value = Fraction(mark.remote)
    elif mark.by_tier:
        value = Fraction(mark.by_tier[facts.tier])
    elif mark.scaled is not None:
        value = _scaled(mark.scaled, facts.incubatees)
    else:
        value = Fraction(mark.base or 0)
    factor = Fraction(rubric.hardship_factor.value) if mark.hardship and facts.hardship else Fraction(1)
    return value * factor


def _scaled(mark: ScaledMark, incubatees: int) -> Fraction:
    wanted = Fraction(ceil(incubatees * Fraction(mark.per_enterprise) / mark.divisor))
    return min(Fraction(mark.ceiling), max(Fraction(mark.floor), wanted))


def score(rubric: Rubric, facts: Facts) -> Score:
    """2.3-2: weight × min(1, value / full mark) for each indicator; the weight of what was not due is spread over the
    rest of its dimension, and of a whole dimension over the other dimensions."""
    lines = tuple(_line(rubric, indicator, facts) for indicator in rubric.indicators)
    dimensions = {
        name: _renormalised((line for line in lines if line.indicator.dimension == name), dimension.weight)
        for name, dimension in rubric.dimensions.items()
    }
    earned = [(Fraction(rubric.dimensions[name].weight), points) for name, points in dimensions.items()]
    weight = sum((due for due, points in earned if points is not None), Fraction(0))
    total = sum((points for _, points in earned if points is not None), Fraction(0))
    exact = total * Fraction(rubric.total.value) / weight if weight else Fraction(0)
    return Score(lines, dimensions, exact, round_score(exact, rubric.decimals.value))


def _line(rubric: Rubric, indicator: Indicator, facts: Facts) -> Line:
    measured = CATALOGUE[indicator.formula].formula(facts, indicator)
    mark = full_mark(rubric, indicator, facts)
    value = measured.value
    reached = Fraction(0) if value is None else min(Fraction(1), max(Fraction(0), value / mark))
    return Line(indicator, measured, mark, Fraction(indicator.weight) * reached)


def _renormalised(lines: Iterable[Line], weight: Decimal) -> Fraction | None:
    applicable = [line for line in lines if line.applicable]
    due = sum((Fraction(line.indicator.weight) for line in applicable), Fraction(0))
    if not due:
        return None
    return sum((line.points for line in applicable), Fraction(0)) * Fraction(weight) / due


def decide_graded(edition: Edition, year: int, listing: Listing) -> Decision:
    """2.3-1: who was listed for less than six months on the year's last day is evaluated but not graded; nor is a
    centre that was delisted or has withdrawn by then.

    Whoever withdraws after the year's end is graded for it like everybody else: leaving between a bad year and its
    results keeps neither the fail nor the delisting away, and the record follows centre and operator.
    """
    last = date(year, 12, 31)
    months = edition.rubric.graded_after_months.value
    long_enough = listing.listed_on is not None and add_months(listing.listed_on, months) <= last
    delisted = listing.delisted_on is not None and listing.delisted_on <= last
    withdrawn = listing.withdrawn_on is not None and listing.withdrawn_on <= last
    passed = long_enough and not delisted and not withdrawn
    if passed:
        message = "centre-graded"
    elif delisted:
        message = "centre-delisted-in-year"
    else:
        message = "centre-withdrawn" if withdrawn else "centre-listed-too-shortly"
    inputs: dict[str, RuleInput] = {
        "listed_on": listing.listed_on,
        "delisted_on": listing.delisted_on,
        "last_day": last,
    }
    if withdrawn:
        inputs["withdrawn_on"] = listing.withdrawn_on
    return edition.decision(edition.result("evaluation.not_graded", passed, inputs, limit=months, message=message))


def decide_vetoes(edition: Edition, vetoes: Sequence[str]) -> Decision:
    """2.3-2, 3.1-4: no quarterly report at all, confirmed falsification or diversion: each makes the year a fail."""
    results = [
        edition.result(
            "evaluation.veto",
            code not in vetoes,
            {"veto": code},
            message="veto-applies" if code in vetoes else "no-veto",
            clause=veto.clause,
        )
        for code, veto in edition.rubric.vetoes.items()
    ]
    return edition.decision(*results)


def decide_band(edition: Edition, rounded: Decimal, standing: Standing) -> tuple[Band, RuleResult]:
    """2.3-3: the highest band whose minimum the rounded score reaches and whose best share, if it has one, it is in; at
    the border of that share ties all count."""
    for band in reversed(edition.rubric.bands):
        places = None if band.top_share is None else ceil(Fraction(band.top_share) * standing.graded)
        if rounded >= band.minimum and (places is None or standing.place <= places):
            inputs: dict[str, RuleInput] = {"score": rounded, "grade": band.id}
            if places is not None:
                inputs |= {"place": standing.place, "graded": standing.graded}
            result = edition.result(
                "evaluation.band",
                not band.failing,
                inputs,
                limit=band.minimum,
                message="grade-failing" if band.failing else "grade-passing",
                clause=band.clause,
            )
            return band, result
    raise AssertionError("the lowest band begins at 0")


def failing_band(rubric: Rubric) -> Band:
    """The band of a centre that fails whatever its score."""
    return next(band for band in rubric.bands if band.failing)


def decide_grade(
    edition: Edition, graded: Decision, vetoes: Decision, rounded: Decimal, standing: Standing | None, *, exempt: bool
) -> Grade:
    """2.3-1 to 2.3-3: exemption before everything, then whether there is a grade at all, then vetoes, then the band."""
    if exempt:
        result = edition.result("evaluation.exemption", True, {}, message="centre-exempt")
        return Grade(EXEMPT, False, edition.decision(result))
    if not graded.passed or standing is None:
        return Grade(NOT_GRADED, False, graded)
    if not vetoes.passed:
        return Grade(failing_band(edition.rubric).id, True, Decision.of(edition.id, *graded.results, *vetoes.results))
    band, result = decide_band(edition, rounded, standing)
    return Grade(band.id, band.failing, Decision.of(edition.id, *graded.results, *vetoes.results, result))
