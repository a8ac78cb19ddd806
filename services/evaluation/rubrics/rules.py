"""From a year's facts to a score and a grade. Exact fractions all the way; rounded once, at the very end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
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
_NOTHING: Final = Fraction(0)


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
    """All lines, each dimension's points out of its weight (None where nothing of it was due), and the sum. The bonus
    stands beside it and counts for no band."""

    lines: tuple[Line, ...]
    dimensions: Mapping[str, Fraction | None]
    exact: Fraction
    rounded: Decimal
    bonus_lines: tuple[Line, ...] = ()
    bonus: Decimal = Decimal(0)


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


@lru_cache(maxsize=1024)
def _exactly(value: Decimal) -> Fraction:
    """A value of the edition: few of them, asked for by every line of every centre."""
    return Fraction(value)


def round_score(exact: Fraction, decimals: int) -> Decimal:
    """2.3-3: half up, so 59.995 is 60.00 and passes."""
    shifted = floor(exact * 10**decimals + Fraction(1, 2))
    return Decimal(shifted).scaleb(-decimals)


def full_mark(rubric: Rubric, indicator: Indicator, facts: Facts) -> Fraction:
    """2.3-2: the value that earns the whole weight, for this centre's tier, place and number of incubatees."""
    mark = indicator.full_mark
    if mark.remote is not None and facts.remote:
        value = _exactly(mark.remote)
    elif mark.by_tier:
        value = _exactly(mark.by_tier[facts.tier])
    elif mark.scaled is not None:
        value = _scaled(mark.scaled, facts.incubatees)
    else:
        value = _exactly(mark.base or Decimal(0))
    return value * _exactly(rubric.hardship_factor.value) if mark.hardship and facts.hardship else value


def _scaled(mark: ScaledMark, incubatees: int) -> Fraction:
    wanted = Fraction(ceil(incubatees * _exactly(mark.per_enterprise) / mark.divisor))
    return min(_exactly(mark.ceiling), max(_exactly(mark.floor), wanted))


def score(rubric: Rubric, facts: Facts) -> Score:
    """2.3-2: weight × min(1, value / full mark) for each indicator; the weight of what was not due is spread over the
    rest of its dimension, and of a whole dimension over the other dimensions, or counts as earned if the rubric says
    so."""
    lines = tuple(line(rubric, indicator, facts) for indicator in rubric.indicators)
    dimensions = {
        name: _renormalised((found for found in lines if found.indicator.dimension == name), dimension.weight)
        for name, dimension in rubric.dimensions.items()
    }
    earned = [(_exactly(rubric.dimensions[name].weight), points) for name, points in dimensions.items()]
    weight = sum((due for due, points in earned if points is not None), Fraction(0))
    total = sum((points for _, points in earned if points is not None), Fraction(0))
    exact = total * Fraction(rubric.total.value) / weight if weight else Fraction(0)
    bonus_lines = tuple(line(rubric, indicator, facts) for indicator in rubric.bonus)
    bonus = _bonus(rubric, bonus_lines)
    return Score(lines, dimensions, exact, round_score(exact, rubric.decimals.value), bonus_lines, bonus)


def _bonus(rubric: Rubric, lines: Sequence[Line]) -> Decimal:
    """2.3-2: what the bonus indicators give together, up to the rubric's limit."""
    earned = sum((found.points for found in lines if found.applicable), Fraction(0))
    return round_score(min(earned, Fraction(rubric.bonus_limit.value)), rubric.decimals.value)


def line(rubric: Rubric, indicator: Indicator, facts: Facts) -> Line:
    """2.3-2: one indicator's value, full mark and points, before anything is spread."""
    entry = CATALOGUE[indicator.formula]
    measured = entry.formula(facts, indicator)
    if entry.per_enterprise and not facts.incubatees and not rubric.zero_without_enterprises.value:
        measured = Measured(None, measured.inputs)
    mark = full_mark(rubric, indicator, facts)
    value = measured.value
    if value is None and rubric.not_due.value == "full" and indicator in rubric.indicators:
        return Line(indicator, Measured(mark, measured.inputs), mark, _exactly(indicator.weight))
    return Line(indicator, measured, mark, _points(_exactly(indicator.weight), value, mark))


def _points(weight: Fraction, value: Fraction | None, mark: Fraction) -> Fraction:
    """Weight × min(1, value / full mark), without the division where it is 0 or 1."""
    if value is None or value <= 0:
        return _NOTHING
    return weight if value >= mark else weight * value / mark


def _renormalised(lines: Iterable[Line], weight: Decimal) -> Fraction | None:
    applicable = [found for found in lines if found.applicable]
    due = sum((_exactly(found.indicator.weight) for found in applicable), _NOTHING)
    if not due:
        return None
    return sum((found.points for found in applicable), _NOTHING) * _exactly(weight) / due


def grades(edition: Edition) -> tuple[str, ...]:
    """2.3-3: every grade that a result may have."""
    return (*(band.id for band in edition.rubric.bands), NOT_GRADED, EXEMPT)


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
