"""What the cells of a quarter's sheets mean: values, lines and explanations as a request has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue, TypeAdapter, ValidationError

from services.evaluation.reports.form import in_yuan, validated
from services.evaluation.reports.line_workbook import CODE_COLUMN, CODE_FIELD, SHOWN, line_columns
from services.evaluation.reports.lines import LINES, Changes, validated_lines
from services.evaluation.reports.schemas import Explanations
from services.evaluation.reports.sheets import Filled, Quarter
from services.evaluation.reports.workbook import EXPLANATION, Line, lines_of
from shared.files.columns import values_of
from shared.files.problems import Problem, cell_problem, masked_params, shown
from shared.files.tables import Cell
from shared.http.validation import faults_of
from shared.policy.edition import Edition

LINE_UNKNOWN: Final = "workbook-line-unknown"
LINE_TWICE: Final = "workbook-line-twice"
_WHOLE: Final = re.compile(r"-?[0-9]{1,15}")
_SAID: Final = TypeAdapter(Explanations)


class SheetRefused(Exception):
    """The sheets' problems are listed already."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stood, and how it is shown."""

    sheet: str
    row: int
    shown: str | None = None


@dataclass(slots=True)
class Understood:
    """A quarter's values as a request has them; `places` tells where each stood: by field, `explanation.<check>`,
    `lines.<code>` and `lines.<code>.<figure>`."""

    form: dict[str, JsonValue] = field(default_factory=dict)
    lines: dict[str, dict[str, JsonValue]] = field(default_factory=dict)
    explanations: dict[str, str] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def understand(
    edition: Edition, version: int, quarter: Quarter, understood: Understood
) -> tuple[dict[str, JsonValue], Changes]:
    """The values and lines as they are stored. Raises SheetRefused with every cell that means nothing."""
    if quarter.form is not None:
        _form(edition, version, quarter.form, understood)
    if quarter.lines is not None:
        _lines(edition, version, quarter.lines, understood)
    if understood.problems:
        raise SheetRefused
    values = validated(edition, version, in_yuan(edition.report_form, understood.form))
    return values, validated_lines(edition, version, understood.lines, printed=True)


def _form(edition: Edition, version: int, filled: Filled, understood: Understood) -> None:
    lines = {line.name: line for line in lines_of(edition, version)}
    for row, name, cell in filled.cells:
        line = lines.get(name)
        if line is None or name in understood.places:
            code = LINE_UNKNOWN if line is None else LINE_TWICE
            understood.problems.append(refusal_at(Place(filled.sheet, row), code, {"name": name}))
            continue
        understood.places[name] = Place(filled.sheet, row)
        _take(filled, understood, line, row, cell)


def _take(filled: Filled, understood: Understood, line: Line, row: int, cell: Cell) -> None:
    values, faults = values_of([line.column], [_as_displayed(cell)])
    understood.problems += [cell_problem(filled.sheet, row, fault) for fault in faults]
    if line.name not in values:
        return
    value = values[line.name]
    understood.places[line.name] = Place(filled.sheet, row, shown(line.name, value))
    name, _, part = line.name.partition(".")
    if name == EXPLANATION:
        understood.explanations[part] = _said(filled, understood, line, row, str(value))
    elif part:
        levels = understood.form.setdefault(name, {})
        assert isinstance(levels, dict)
        levels[part] = _count(value)
    else:
        is_amount = line.field is not None and line.field.kind == "amount"
        understood.form[name] = str(value) if is_amount else _count(value)


def _lines(edition: Edition, version: int, filled: Filled, understood: Understood) -> None:
    """An enterprise's row; one without figures says nothing."""
    known = line_columns(edition, version)
    for name in filled.line_head:
        if name and name not in (CODE_FIELD, *SHOWN, *known):
            at_head = Place(filled.sheet, filled.line_head_row)
            understood.problems.append(refusal_at(at_head, LINE_UNKNOWN, {"name": name}))
    columns = [CODE_COLUMN if name == CODE_FIELD else known.get(name) for name in filled.line_head]
    amounts = {name for name, field in edition.report_form.lines_of(version).items() if field.kind == "amount"}
    for row, cells in filled.rows:
        values, faults = values_of(columns, [_as_displayed(cell) for cell in cells])
        understood.problems += [cell_problem(filled.sheet, row, fault) for fault in faults]
        code = str(values.pop(CODE_FIELD, ""))
        if not values:
            continue
        at = f"{LINES}.{code}"
        if not code:
            understood.problems.append(Problem(filled.sheet, row, LINES, None, "missing", True, {}))
        elif code in understood.lines:
            understood.problems.append(refusal_at(Place(filled.sheet, row), LINE_TWICE, {"name": code}))
        else:
            understood.places[at] = Place(filled.sheet, row, shown(LINES, code))
            for name, value in values.items():
                understood.places[f"{at}.{name}"] = Place(filled.sheet, row, shown(name, value))
            figures = {name: str(value) if name in amounts else _count(value) for name, value in values.items()}
            understood.lines[code] = figures


def refusal_at(place: Place, code: str, params: Mapping[str, object]) -> Problem:
    """A refusal of what stands in a row."""
    return Problem(place.sheet, place.row, None, None, code, False, masked_params(params))


def _as_displayed(cell: Cell) -> Cell:
    """A number with the 15 digits that a spreadsheet shows: a sum's binary remainder is nobody's entry."""
    return float(f"{cell:.15g}") if isinstance(cell, float) else cell


def _said(filled: Filled, understood: Understood, line: Line, row: int, text: str) -> str:
    try:
        _SAID.validate_python({line.name: text})
    except ValidationError as error:
        fault = faults_of(error.errors())[0]
        value, params = shown(line.name, text), masked_params(fault.params)
        understood.problems.append(Problem(filled.sheet, row, line.name, value, fault.type, True, params))
    return text


def _count(value: object) -> JsonValue:
    """A whole number as one; what is none stays a text, for the form to refuse."""
    if isinstance(value, bool):
        return value
    text = str(value)
    return int(text) if _WHOLE.fullmatch(text) else text
