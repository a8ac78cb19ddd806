"""The enterprises' lines of a quarterly report: what one may hold, what changed, what they add up to.

A line names its enterprise by code (a team without one by its number) and keeps the stay by which the registry tells
whose it is, also after two records were merged or a team registered. In a request lines are an object by code; stored
they are a list in the codes' order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any, Final, TypeAlias

from pydantic import JsonValue, ValidationError, create_model

from services.evaluation.reports.form import FIELD_TYPES, entered_in_yuan, number
from shared.http.schemas import Request
from shared.http.validation import Fault, PayloadInvalid, faults_of
from shared.policy.edition import Edition
from shared.policy.report_form import LineField, ReportForm

LINES: Final = "lines"
"""What lines are called in requests, and where a return or an explanation is about one: `lines.<code>`."""
CODE: Final = "code"
TENANCY: Final = "tenancy_id"
EQUITY: Final = "equity_received"
LOANS: Final = "loans_received"
"""The figures that scores read."""
MAX_LINES: Final = 2_000

Line: TypeAlias = dict[str, JsonValue]
"""A line as it is stored: code, stay, and the figures that were given."""
Lines: TypeAlias = Sequence[Line]
Sent: TypeAlias = Mapping[str, Mapping[str, JsonValue] | None]
"""Lines as a request has them: figures by code, where null empties one; null takes the whole line away."""
Changes: TypeAlias = dict[str, dict[str, JsonValue] | None]


@cache
def _model(fields: tuple[tuple[str, str], ...]) -> type[Request]:
    made: dict[str, Any] = {name: (FIELD_TYPES[kind] | None, None) for name, kind in fields}
    return create_model("EnterpriseFigures", __base__=Request, **made)


def validated_lines(edition: Edition, version: int, sent: Sent, *, printed: bool = False) -> Changes:
    """What was sent, as it is stored; `printed` amounts are in the units of the printed form.

    Raises PayloadInvalid for figures that the version does not ask or that cannot be, and for lines of a version that
    has none.
    """
    fields = edition.report_form.lines_of(version)
    if sent and not fields:
        raise PayloadInvalid(Fault(LINES, "no_lines_in_version", {"version": version}))
    if len(sent) > MAX_LINES:
        raise PayloadInvalid(Fault(LINES, "too_long", {"max_length": MAX_LINES}))
    model = _model(tuple((name, field.kind) for name, field in fields.items()))
    faults: list[Fault] = []
    changes: Changes = {}
    for code, figures in sent.items():
        if figures is None:
            changes[code] = None
            continue
        given = in_yuan_by(fields, figures) if printed else dict(figures)
        try:
            changes[code] = model.model_validate(given).model_dump(mode="json", exclude_unset=True)
        except ValidationError as error:
            found = faults_of(error.errors())
            faults += [Fault(f"{LINES}.{code}.{fault.field}", fault.type, fault.params) for fault in found]
    if faults:
        raise PayloadInvalid(*faults)
    return changes


def in_yuan_by(fields: Mapping[str, LineField], figures: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Amounts that were entered in the unit of the printed form, in yuan."""
    return {
        name: value if (field := fields.get(name)) is None else entered_in_yuan(field.factor, value)
        for name, value in figures.items()
    }


def figures_of(line: Line) -> dict[str, JsonValue]:
    """A line's figures alone, without those that are empty."""
    return {name: value for name, value in line.items() if name not in (CODE, TENANCY) and value is not None}


def line_of(code: str, tenancy_id: str, figures: Mapping[str, JsonValue]) -> Line:
    """A line as it is stored."""
    return {CODE: code, TENANCY: tenancy_id, **{name: value for name, value in figures.items() if value is not None}}


def in_order(lines: Iterable[Line]) -> list[Line]:
    """By code, as they are stored and compared."""
    return sorted(lines, key=lambda line: str(line[CODE]))


def changed_line_fields(before: Lines | None, after: Lines | None) -> list[tuple[str, str, JsonValue, JsonValue]]:
    """(code, figure, before, after) of what differs; a line that is only in one of them has `code` as its figure."""
    one = {str(line[CODE]): line for line in before or ()}
    other = {str(line[CODE]): line for line in after or ()}
    found: list[tuple[str, str, JsonValue, JsonValue]] = []
    for code in sorted({*one, *other}):
        known, new = one.get(code), other.get(code)
        if known is None or new is None:
            found.append((code, CODE, None if known is None else code, None if new is None else code))
        first, second = figures_of(known or {}), figures_of(new or {})
        names = dict.fromkeys([*first, *second])
        found += [
            (code, name, first.get(name), second.get(name)) for name in names if first.get(name) != second.get(name)
        ]
    return found


def sum_of_lines(form: ReportForm, lines: Lines, name: str) -> Fraction | None:
    """One figure over all lines; None where nobody gave it and empty does not mean 0."""
    given = [value for line in lines if (value := number(line, name)) is not None]
    if not given and not form.enterprise_lines[name].empty_is_zero:
        return None
    return sum(given, Fraction(0))


def enterprises_with(form: ReportForm, lines: Lines, names: Sequence[str]) -> Fraction | None:
    """How many enterprises have more than 0 of any of these figures; None where nobody gave one."""
    if all(sum_of_lines(form, lines, name) is None for name in names):
        return None
    return Fraction(sum(any((number(line, name) or 0) > 0 for name in names) for line in lines))


def names_in_doubt(lines: Lines | None) -> list[str]:
    """What a return or an explanation may be about beside fields: the lines together, or one of them."""
    return [] if lines is None else [LINES, *(f"{LINES}.{line[CODE]}" for line in lines)]
