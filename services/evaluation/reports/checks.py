"""What the form's checks say about a quarter: numbers that cannot be true together, and jumps that need a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from services.evaluation.reports.form import Values, number
from services.evaluation.reports.lines import Lines, enterprises_with, sum_of_lines
from services.evaluation.reports.wording import fault_of, faults_told, fields_told
from shared.http.messages import LANGUAGES, Language
from shared.policy.decision import Decision, RuleInput, RuleResult
from shared.policy.edition import Edition
from shared.policy.report_form import CENTRE_AREA, ENTERPRISES_WITH, SUM_OF_LINES, FormCheck, ReportForm, line_fields

_PERCENT: Final = 100
NOWHERE: Final[Mapping[str, Mapping[Language, str]]] = {}


@dataclass(frozen=True, slots=True)
class Around:
    """What a quarter's values are compared with: the last quarter's submitted ones, the area on record, and its own
    lines by enterprise. Checks that need what is not known are left out."""

    last: Values | None = None
    total_area_m2: Decimal | None = None
    lines: Lines = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """One check that could be made; `limit` is what `value` was compared with."""

    id: str
    check: FormCheck
    value: Fraction
    limit: Fraction
    passed: bool


def checked(form: ReportForm, version: int, values: Values, around: Around) -> list[Checked]:
    """2.3-2: every check of the version for whose fields there are values, in the form's order."""
    return list(_checked(form, version, values, around))


def _checked(form: ReportForm, version: int, values: Values, around: Around) -> Iterator[Checked]:
    for name, check in form.checks_of(version).items():
        value = _sum(form, check.left, values, around)
        limit = _sum(form, *_compared_with(check, values, around))
        if value is not None and limit is not None:
            yield Checked(name, check, value, limit, _holds(check, value, limit))


def _compared_with(check: FormCheck, values: Values, around: Around) -> tuple[Sequence[str], Values, Around]:
    if check.relation == "steady":
        return check.left, around.last or {}, around
    return check.right, (around.last or {}) if check.relation == "as_last" else values, around


def _sum(form: ReportForm, terms: Sequence[str], values: Values, around: Around) -> Fraction | None:
    total = Fraction(0)
    for term in terms:
        value = _term(form, term.removeprefix("-"), values, around)
        if value is None:
            return None
        total += -value if term.startswith("-") else value
    return total


def _term(form: ReportForm, name: str, values: Values, around: Around) -> Fraction | None:
    if name.startswith(SUM_OF_LINES):
        return sum_of_lines(form, around.lines, *line_fields(name))
    if name.startswith(ENTERPRISES_WITH):
        return enterprises_with(form, around.lines, line_fields(name))
    return _area(around) if name == CENTRE_AREA else number(values, name)


def _area(around: Around) -> Fraction | None:
    return None if around.total_area_m2 is None else Fraction(around.total_area_m2)


def _holds(check: FormCheck, value: Fraction, limit: Fraction) -> bool:
    if check.relation == "at_most":
        return value <= limit
    if check.relation == "only_with":
        return value == 0 or limit > 0
    if check.relation == "steady":
        assert check.percent is not None and check.beyond is not None  # noqa: PT018  # the edition's model has seen to both
        change = abs(value - limit)
        return change <= Fraction(check.beyond) or change * _PERCENT <= limit * Fraction(check.percent)
    return value == limit


def decide_consistent(edition: Edition, found: Sequence[Checked]) -> Decision:
    """2.3-2: numbers that cannot be true together are refused before anybody reviews them. Only fields that are filled
    are compared."""
    return edition.decision(*(_result(edition, one) for one in found if one.check.severity == "error"))


def decide_explained(
    edition: Edition,
    found: Sequence[Checked],
    explanations: Mapping[str, str],
    deviating: Mapping[str, Mapping[Language, str]] = NOWHERE,
) -> Decision:
    """2.3-2: what is possible but unusual is submitted with an explanation, which the bureau reads with the report; so
    are numbers that deviate from the registers. `deviating` says which of these have none yet, in words, by field."""
    said = {one.id: _said(edition, one) for one in unusual(found) if not explanations.get(one.id)}
    unexplained = {**said, **deviating}
    named = ({language: f"{text} [{name}]" for language, text in one.items()} for name, one in unexplained.items())
    inputs: dict[str, RuleInput] = {"checks": ", ".join(unexplained), **faults_told(named)}
    result = edition.result(
        "quarterly.complete",
        not unexplained,
        inputs,
        message="report-warnings-explained" if not unexplained else "report-warnings-unexplained",
    )
    return edition.decision(result)


def unusual(found: Sequence[Checked]) -> list[Checked]:
    """The warnings that apply."""
    return [one for one in found if one.check.severity == "warning" and not one.passed]


def inconsistencies_told(edition: Edition, found: Sequence[Checked]) -> dict[str, str]:
    """All errors in words, as parameters of the refusal."""
    return faults_told(_said(edition, one) for one in found if one.check.severity == "error" and not one.passed)


def _said(edition: Edition, one: Checked) -> dict[Language, str]:
    value, limit = str(plain_number(one.value)), str(plain_number(one.limit))
    return {language: fault_of(edition.report_form, one.check, value, limit, language).title for language in LANGUAGES}


def _result(edition: Edition, one: Checked) -> RuleResult:
    told = fields_told(edition.report_form, [one.check.field]) if one.passed else inconsistencies_told(edition, [one])
    return edition.result(
        "quarterly.complete",
        one.passed,
        {"check": one.id, "field": one.check.field, "value": plain_number(one.value), **told},
        limit=plain_number(one.limit),
        message="report-consistent" if one.passed else "report-inconsistent",
        clause=one.check.clause,
    )


def plain_number(value: Fraction) -> int | Decimal:
    """Without a fraction where it has none; sums of stored values have finitely many decimals."""
    return value.numerator if value.denominator == 1 else Decimal(value.numerator) / Decimal(value.denominator)
