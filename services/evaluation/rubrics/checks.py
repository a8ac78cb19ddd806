"""Whether a drafted rubric can be evaluated by: every finding with its rule, its place and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final, TypeAlias

from services.evaluation.rubrics.catalogue import CATALOGUE
from services.evaluation.rubrics.parameters import PARAMETERS, Parameter, highest_value
from services.evaluation.rubrics.rules import EXEMPT, NO_REPORT, NOT_GRADED
from shared.policy.decision import Decision, RuleInput, RuleResult
from shared.policy.edition import Edition
from shared.policy.params import Codes
from shared.policy.rubric import Band, Indicator, RubricValues

Finding: TypeAlias = tuple[str, Mapping[str, RuleInput], RuleInput]
"""Message code, inputs, limit."""

RESERVED: Final = (EXEMPT, NOT_GRADED)
_TOTAL: Final = Decimal(100)
_WINDOWS: Final = ("days", "rolling_years", "months")


def decide_rubric_fit(edition: Edition, values: RubricValues) -> Decision:
    """2.3-2: six fixed dimensions, weights of 100, indicators of the catalogue with parameters it knows, full marks
    that somebody can reach, experts with evidence, bands without overlap. Every finding is a result of its own."""
    checks = {
        "rubric.dimensions": _dimensions(edition, values),
        "rubric.weights": _weights(values),
        "rubric.indicators": _indicators(edition, values),
        "rubric.parameters": _parameters(edition, values),
        "rubric.reachable": _reachable(edition, values),
        "rubric.evidence": _evidence(values),
        "rubric.bands": _bands(values),
        "rubric.vetoes": _vetoes(edition, values),
    }
    results: list[RuleResult] = []
    for rule, findings in checks.items():
        found = [
            edition.result(rule, False, inputs, limit=limit, message=message) for message, inputs, limit in findings
        ]
        results += found or [edition.result(rule, True, {}, message="rubric-in-order")]
    return edition.decision(*results)


def decide_rubric_years(edition: Edition, first_year: int, approved_year: int) -> Decision:
    """2.3-2: a rubric is for years of its policy edition, and never for a year that was over before it was approved."""
    within = edition.first_day.year <= first_year <= edition.last_day.year
    ahead = first_year >= approved_year
    message = "rubric-in-order" if within and ahead else "rubric-year-outside" if not within else "rubric-year-over"
    inputs: dict[str, RuleInput] = {
        "first_year": first_year,
        "edition_from": edition.first_day.year,
        "edition_until": edition.last_day.year,
    }
    return edition.decision(
        edition.result("rubric.scope", within and ahead, inputs, limit=approved_year, message=message)
    )


def _all(values: RubricValues) -> tuple[Indicator, ...]:
    return (*values.indicators, *values.bonus)


def _dimensions(edition: Edition, values: RubricValues) -> Iterator[Finding]:
    fixed, given = set(edition.rubric.dimensions), set(values.dimensions)
    for name in sorted(fixed - given):
        yield "rubric-dimension-missing", {"subject": name}, ", ".join(sorted(fixed))
    for name in sorted(given - fixed):
        yield "rubric-dimension-unknown", {"subject": name}, ", ".join(sorted(fixed))
    for indicator in _all(values):
        if indicator.dimension not in given:
            place: dict[str, RuleInput] = {"subject": indicator.id, "dimension": indicator.dimension}
            yield "rubric-dimension-of-indicator", place, ", ".join(sorted(given))


def _weights(values: RubricValues) -> Iterator[Finding]:
    if values.total.value != _TOTAL:
        yield "rubric-total-wrong", {"subject": "total", "sum": values.total.value}, _TOTAL
    total = sum((dimension.weight for dimension in values.dimensions.values()), Decimal(0))
    if total != values.total.value:
        yield "rubric-weights-total", {"subject": "dimensions", "sum": total}, values.total.value
    for name, dimension in values.dimensions.items():
        own = sum((found.weight for found in values.indicators if found.dimension == name), Decimal(0))
        if own != dimension.weight:
            yield "rubric-weights-dimension", {"subject": name, "sum": own}, dimension.weight
    for indicator in _all(values):
        if indicator.weight <= 0:
            yield "rubric-weight-zero", {"subject": indicator.id}, None
    if values.decimals.value != 2:
        yield "rubric-decimals", {"subject": "decimals", "decimals": values.decimals.value}, 2


def _indicators(edition: Edition, values: RubricValues) -> Iterator[Finding]:
    counted = Counter(indicator.id for indicator in _all(values))
    for name in sorted(name for name, count in counted.items() if count > 1):
        yield "rubric-indicator-twice", {"subject": name}, None
    for indicator in _all(values):
        if indicator.formula not in CATALOGUE:
            place: dict[str, RuleInput] = {"subject": indicator.id, "formula": indicator.formula}
            yield "rubric-formula-unknown", place, ", ".join(sorted(CATALOGUE))
        if indicator.clause not in edition.clauses:
            yield "rubric-clause-unknown", {"subject": indicator.id, "clause": indicator.clause}, None
    for place_, cited in _other_clauses(values):
        if cited not in edition.clauses:
            yield "rubric-clause-unknown", {"subject": place_, "clause": cited}, None


def _other_clauses(values: RubricValues) -> Iterator[tuple[str, str]]:
    yield from ((name, dimension.clause) for name, dimension in values.dimensions.items())
    yield from ((name, veto.clause) for name, veto in values.vetoes.items())
    yield from ((band.id, band.clause) for band in values.bands)
    for name in ("total", "decimals", "bonus_limit", "graded_after_months", "hardship_factor", "hardship_divisions"):
        yield name, getattr(values, name).clause
    for name in ("remote_divisions", "zero_without_enterprises", "not_due"):
        yield name, getattr(values, name).clause


def _parameters(edition: Edition, values: RubricValues) -> Iterator[Finding]:
    for indicator in _all(values):
        known = PARAMETERS.get(indicator.formula, {})
        for name in sorted(set(indicator.params) - set(known)):
            yield "rubric-parameter-unknown", {"subject": indicator.id, "parameter": name}, ", ".join(known) or "–"
        for name, parameter in known.items():
            yield from _parameter(edition, indicator, name, parameter)
        tiers = set(indicator.full_mark.by_tier)
        if tiers and tiers != set(edition.tiers):
            yield "rubric-tiers-incomplete", {"subject": indicator.id}, ", ".join(edition.tiers)
    yield from _periods(values)
    for name in ("hardship_divisions", "remote_divisions"):
        for code in sorted(set(getattr(values, name).value) - set(edition.divisions.units)):
            yield "rubric-division-unknown", {"subject": name, "division": code}, None


def _parameter(edition: Edition, indicator: Indicator, name: str, parameter: Parameter) -> Iterator[Finding]:
    place: dict[str, RuleInput] = {"subject": indicator.id, "parameter": name}
    if name not in indicator.params:
        if parameter.required:
            yield "rubric-parameter-missing", place, None
        return
    wanted = parameter.fault(edition, indicator.params[name])
    if wanted is not None:
        fixed = parameter.set_elsewhere is not None
        yield "rubric-parameter-fixed" if fixed else "rubric-parameter-wrong", place, wanted


def _periods(values: RubricValues) -> Iterator[Finding]:
    """Stays are counted once, over one period for each formula."""
    first: dict[tuple[str, str], str | int | bool | Codes] = {}
    for indicator in _all(values):
        for name in set(_WINDOWS) & set(indicator.params):
            given = first.setdefault((indicator.formula, name), indicator.params[name])
            if given != indicator.params[name]:
                yield "rubric-window-twice", {"subject": indicator.id, "parameter": name}, str(given)


def _reachable(edition: Edition, values: RubricValues) -> Iterator[Finding]:
    factor = values.hardship_factor.value
    if factor <= 0:
        yield "rubric-factor-zero", {"subject": "hardship_factor"}, None
    parameters_fit = {str(inputs["subject"]) for _, inputs, _ in _parameters(edition, values)}
    for indicator in _all(values):
        scaled = indicator.full_mark.scaled
        if scaled is not None and not 0 < scaled.floor <= scaled.ceiling:
            place: dict[str, RuleInput] = {"subject": indicator.id, "floor": scaled.floor}
            yield "rubric-scale-empty", place, scaled.ceiling
        if indicator.formula not in CATALOGUE or indicator.id in parameters_fit:
            continue
        highest = highest_value(indicator)
        wanted = _largest_mark(indicator, factor)
        if highest is not None and wanted > highest:
            yield "rubric-mark-unreachable", {"subject": indicator.id, "full_mark": _text(wanted)}, _text(highest)


def _largest_mark(indicator: Indicator, factor: Decimal) -> Fraction:
    """The most that a full mark asks of any centre, near or remote, in a hardship area or not."""
    mark = indicator.full_mark
    ceiling = None if mark.scaled is None else mark.scaled.ceiling
    given = [value for value in (mark.base, mark.remote, ceiling, *mark.by_tier.values()) if value is not None]
    largest = Fraction(max(given))
    return largest * max(Fraction(1), Fraction(factor)) if mark.hardship else largest


def _text(value: Fraction) -> str:
    return f"{float(value):g}" if value.denominator != 1 else str(value.numerator)


def _evidence(values: RubricValues) -> Iterator[Finding]:
    known = [indicator for indicator in _all(values) if indicator.formula in CATALOGUE]
    for indicator in known:
        kind = CATALOGUE[indicator.formula].kind
        if indicator.kind != kind:
            yield "rubric-kind-wrong", {"subject": indicator.id, "kind": indicator.kind}, kind
        if kind == "expert" and not indicator.evidence:
            yield "rubric-expert-without-evidence", {"subject": indicator.id}, None
    if not any(CATALOGUE[indicator.formula].kind == "expert" for indicator in known):
        for indicator in known:
            if indicator.evidence:
                yield "rubric-evidence-without-expert", {"subject": indicator.id}, None


def _bands(values: RubricValues) -> Iterator[Finding]:
    bands = values.bands
    if not bands or bands[0].minimum != 0:
        yield "rubric-bands-begin", {"subject": bands[0].id if bands else "bands"}, 0
    if not any(band.failing for band in bands):
        yield "rubric-no-failing-band", {"subject": "bands"}, None
    for name, count in Counter(band.id for band in bands).items():
        if count > 1 or name in RESERVED:
            yield "rubric-band-name", {"subject": name}, ", ".join(RESERVED)
    for lower, higher in pairwise(bands):
        yield from _neighbours(lower, higher)
    for band in bands:
        if band.minimum > values.total.value:
            yield "rubric-band-unreachable", {"subject": band.id, "minimum": band.minimum}, values.total.value
        if band.top_share is not None and (not 0 < band.top_share <= 1 or band.failing):
            yield "rubric-share-wrong", {"subject": band.id, "top_share": band.top_share}, 1


def _neighbours(lower: Band, higher: Band) -> Iterator[Finding]:
    """Two bands may begin at one score only where the higher one is for a tier's best."""
    place: dict[str, RuleInput] = {"subject": higher.id, "below": lower.id, "minimum": higher.minimum}
    same_range = higher.minimum == lower.minimum and (higher.top_share is None or lower.top_share is not None)
    if higher.minimum < lower.minimum or same_range:
        yield "rubric-bands-overlap", place, lower.minimum
    if higher.failing and not lower.failing:
        yield "rubric-failing-above-passing", place, None


def _vetoes(edition: Edition, values: RubricValues) -> Iterator[Finding]:
    if NO_REPORT not in values.vetoes:
        yield "rubric-veto-missing", {"subject": NO_REPORT}, None
    for name in sorted(set(edition.rubric.vetoes) - set(values.vetoes) - {NO_REPORT}):
        yield "rubric-veto-missing", {"subject": name}, None
