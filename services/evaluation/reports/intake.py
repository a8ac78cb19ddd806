"""Taking a workbook in: each sheet drafts or edits its quarter's report, by the rules of the single requests."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID

from pydantic import JsonValue, TypeAdapter, ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.projections import known_centre
from services.evaluation.reports.form import Values, in_yuan, number, validated
from services.evaluation.reports.models import QuarterlyReport
from services.evaluation.reports.period import hold_open_period
from services.evaluation.reports.rules import EDITABLE, last_day
from services.evaluation.reports.schemas import Explanations, NewReport
from services.evaluation.reports.usecases import change_values, draft_report
from services.evaluation.reports.workbook import BASE, CENTRE, EXPLANATION, FIELD, PERIOD, VALUE, Line, lines_of
from shared.auth.principal import Principal
from shared.errors import DomainError, not_found
from shared.files.columns import values_of
from shared.files.problems import Problem, cell_problem, masked_params, shown
from shared.files.tables import Cell, SheetRow, open_table
from shared.http.problems import translate
from shared.http.validation import PayloadInvalid, faults_of
from shared.policy.edition import Edition, Editions, PolicyNotInForce

MAX_SHEETS: Final = 8
MAX_ROWS: Final = 2_000
SHEET_UNKNOWN: Final = "workbook-sheet-unknown"
QUARTER_TWICE: Final = "workbook-quarter-twice"
LINE_UNKNOWN: Final = "workbook-line-unknown"
LINE_TWICE: Final = "workbook-line-twice"
BASE_MISSING: Final = "workbook-base-missing"
STALE: Final = "workbook-stale"
REFUSALS: Final = (SHEET_UNKNOWN, QUARTER_TWICE, LINE_UNKNOWN, LINE_TWICE, BASE_MISSING, STALE)
"""What a sheet or a line is refused for, beside what the single requests are."""

_YEAR: Final = re.compile(r"20[0-9]{2}|21[0-9]{2}")
_QUARTER: Final = re.compile(r"[1-4]")
_VERSION: Final = re.compile(r"[0-9]{1,9}")
_WHOLE: Final = re.compile(r"-?[0-9]{1,15}")
_SAID: Final = TypeAdapter(Explanations)


@dataclass(slots=True)
class Filled:
    """A sheet as it was read: which report it is, and its lines with their row numbers."""

    sheet: str
    centre_no: str = ""
    year: int = 0
    quarter: int = 0
    base: int | None = None
    """The version of the report that the sheet was downloaded with."""
    head: list[str] = field(default_factory=list)
    cells: list[tuple[int, str, Cell]] = field(default_factory=list)

    @property
    def usable(self) -> bool:
        return bool(self.centre_no and self.year and self.quarter and self.head)


@dataclass(slots=True)
class Understood:
    """A sheet's values as a request has them; `rows` tells where each stood."""

    form: dict[str, JsonValue] = field(default_factory=dict)
    explanations: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    shown: dict[str, str | None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class Outcome:
    """What came of a workbook, sheet by sheet."""

    sheets: int = 0
    written: int = 0
    unchanged: int = 0
    refused: int = 0
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, problems: list[Problem]) -> None:
        self.refused += 1
        self.problems += problems


async def take_in(
    session: AsyncSession, principal: Principal, editions: Editions, path: Path, *, partial: bool, keep: bool
) -> Outcome:
    """Read the file and carry its sheets out under one savepoint. It stays only if `keep`, and with nothing refused or
    `partial`.

    Raises 413 and 422 for a file that cannot be read, has no sheet of a quarter or too many.
    """
    filled = await asyncio.to_thread(_read, path)
    if len(filled) > MAX_SHEETS:
        raise DomainError("workbook-sheets-too-many", 422, params={"sheets": MAX_SHEETS})
    if not filled:
        raise DomainError("import-empty", 422)
    outcome, seen = Outcome(sheets=len(filled)), set[tuple[str, int, int]]()
    savepoint = await session.begin_nested()
    for one in sorted(filled, key=lambda sheet: (sheet.year, sheet.quarter)):
        key = (one.centre_no, one.year, one.quarter)
        if not one.usable:
            outcome.refuse([_problem(one, 1, SHEET_UNKNOWN, {})])
        elif key in seen:
            outcome.refuse([_problem(one, 2, QUARTER_TWICE, {})])
        else:
            seen.add(key)
            await _carry_out(session, principal, editions, one, outcome)
    if keep and (partial or not outcome.refused):
        await savepoint.commit()
    else:
        await savepoint.rollback()
    return outcome


def _read(path: Path) -> list[Filled]:
    """The file's sheets. Not on the event loop."""
    table = open_table(path)
    if table.rows > MAX_ROWS:
        raise DomainError("workbook-sheets-too-many", 422, params={"sheets": MAX_SHEETS})
    sheets: dict[str, Filled] = {}
    for row in table.read():
        _put(sheets.setdefault(row.sheet, Filled(row.sheet)), row)
    return list(sheets.values())


def _put(filled: Filled, row: SheetRow) -> None:
    texts = [_text(cell) for cell in row.cells]
    if texts[0] == CENTRE and len(texts) > 1:
        filled.centre_no = texts[1]
    elif texts[0] == PERIOD and len(texts) > 2:
        if _YEAR.fullmatch(texts[1]) and _QUARTER.fullmatch(texts[2]):
            filled.year, filled.quarter = int(texts[1]), int(texts[2])
        if len(texts) > 4 and texts[3] == BASE and _VERSION.fullmatch(texts[4]):
            filled.base = int(texts[4])
    elif texts[0] == FIELD and VALUE in texts:
        filled.head = texts
    elif filled.head and texts[0]:
        place = filled.head.index(VALUE)
        filled.cells.append((row.number, texts[0], row.cells[place] if place < len(row.cells) else ""))


def _text(cell: Cell) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


async def _carry_out(
    session: AsyncSession, principal: Principal, editions: Editions, filled: Filled, outcome: Outcome
) -> None:
    understood = Understood()
    try:
        async with session.begin_nested():
            changed = await _sheet(session, principal, editions, filled, understood)
    except _Refused:
        outcome.refuse(understood.problems)
    except (DomainError, PayloadInvalid, PolicyNotInForce) as error:
        outcome.refuse(_refusals(filled, understood, error))
    else:
        outcome.written += changed
        outcome.unchanged += not changed


class _Refused(Exception):
    """The sheet's problems are listed already."""


async def _sheet(
    session: AsyncSession, principal: Principal, editions: Editions, filled: Filled, understood: Understood
) -> bool:
    """Whether the sheet changed anything."""
    centre_id = await _centre_of(session, principal, filled.centre_no)
    query = select(QuarterlyReport).where(
        QuarterlyReport.centre_id == centre_id,
        QuarterlyReport.year == filled.year,
        QuarterlyReport.quarter == filled.quarter,
    )
    report = await session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if report is None:
        edition = editions.require_in_force(last_day(filled.year, filled.quarter))
        values = _understand(edition, edition.report_form.version, filled, understood)
        wanted = NewReport(
            centre_id=centre_id,
            year=filled.year,
            quarter=filled.quarter,
            form=values,
            explanations=dict(understood.explanations),
        )
        await draft_report(session, principal, editions, wanted)
        return True
    edition = editions.get(report.edition)
    sent = _understand(edition, report.form_version, filled, understood)
    values = {name: _with_other_levels(value, report.form.get(name)) for name, value in sent.items()}
    new = {name: value for name, value in values.items() if not _same(values, report.form, name)}
    said = {name: text for name, text in understood.explanations.items() if report.explanations.get(name) != text}
    if not new and not said:
        return False
    if report.status not in EDITABLE:
        raise DomainError("report-differs", 409, params={"no": report.no, "status": report.status})
    _require_fresh(report, filled)
    await hold_open_period(session, report.year)
    await change_values(session, principal, edition, report, new, said)
    return True


def _require_fresh(report: QuarterlyReport, filled: Filled) -> None:
    """A sheet must not undo what was entered since it was downloaded. Raises 409 with what to do."""
    params = {"no": report.no, "version": report.version}
    if filled.base is None:
        raise DomainError(BASE_MISSING, 409, params=params)
    if filled.base != report.version:
        raise DomainError(STALE, 409, params={**params, "base": filled.base})


async def _centre_of(session: AsyncSession, principal: Principal, no: str) -> UUID:
    """The operator's own centre of that number. Raises 404."""
    query = select(known_centre.c.id).where(known_centre.c.no == no, known_centre.c.operator_code == principal.org)
    centre_id: UUID | None = await session.scalar(query)
    if centre_id is None:
        raise not_found("centre")
    return centre_id


def _understand(edition: Edition, version: int, filled: Filled, understood: Understood) -> dict[str, JsonValue]:
    """The sheet's values as they are stored. Raises _Refused with every cell that means nothing."""
    lines = {line.name: line for line in lines_of(edition, version)}
    for place, name, cell in filled.cells:
        line = lines.get(name)
        if line is None or name in understood.rows:
            code = LINE_UNKNOWN if line is None else LINE_TWICE
            understood.problems.append(_problem(filled, place, code, {"name": name}))
            continue
        understood.rows[name] = place
        _take(filled, understood, line, place, cell)
    if understood.problems:
        raise _Refused
    return validated(edition, version, in_yuan(edition.report_form, understood.form))


def _take(filled: Filled, understood: Understood, line: Line, place: int, cell: Cell) -> None:
    values, faults = values_of([line.column], [_as_displayed(cell)])
    understood.problems += [cell_problem(filled.sheet, place, fault) for fault in faults]
    if line.name not in values:
        return
    value = values[line.name]
    understood.shown[line.name] = shown(line.name, value)
    name, _, part = line.name.partition(".")
    if name == EXPLANATION:
        understood.explanations[part] = _said(filled, understood, line, place, str(value))
    elif part:
        levels = understood.form.setdefault(name, {})
        assert isinstance(levels, dict)
        levels[part] = _count(value)
    else:
        is_amount = line.field is not None and line.field.kind == "amount"
        understood.form[name] = str(value) if is_amount else _count(value)


def _as_displayed(cell: Cell) -> Cell:
    """A number with the 15 digits that a spreadsheet shows: a sum's binary remainder is nobody's entry."""
    return float(f"{cell:.15g}") if isinstance(cell, float) else cell


def _said(filled: Filled, understood: Understood, line: Line, place: int, text: str) -> str:
    try:
        _SAID.validate_python({line.name: text})
    except ValidationError as error:
        fault = faults_of(error.errors())[0]
        value, params = shown(line.name, text), masked_params(fault.params)
        understood.problems.append(Problem(filled.sheet, place, line.name, value, fault.type, True, params))
    return text


def _count(value: object) -> JsonValue:
    """A whole number as one; what is none stays a text, for the form to refuse."""
    if isinstance(value, bool):
        return value
    text = str(value)
    return int(text) if _WHOLE.fullmatch(text) else text


def _with_other_levels(sent: JsonValue, known: JsonValue) -> JsonValue:
    """Levels that a sheet leaves empty it does not speak of: they stay as they are."""
    return {**known, **sent} if isinstance(sent, dict) and isinstance(known, dict) else sent


def _same(values: Values, known: Values, name: str) -> bool:
    """Whether nothing is new; 0 is no level."""
    one, other = values.get(name), known.get(name)
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: count for key, count in one.items() if count} == {
            key: count for key, count in other.items() if count
        }
    return number(values, name) == number(known, name) and (other is None) == (one is None)


def _refusals(filled: Filled, understood: Understood, error: Exception) -> list[Problem]:
    """A use case's refusal as problems of the sheet, each field's at its line."""
    refused, faults = translate(error)
    if not faults:
        return [_problem(filled, 1, refused.code, refused.params)]
    found: list[Problem] = []
    for fault in faults:
        name = fault.field.removeprefix("form.").removeprefix("explanations.")
        place = understood.rows.get(name, understood.rows.get(f"{EXPLANATION}.{name}", 1))
        found.append(
            Problem(
                filled.sheet, place, name, understood.shown.get(name), fault.type, True, masked_params(fault.params)
            )
        )
    return found


def _problem(filled: Filled, place: int, code: str, params: Mapping[str, object]) -> Problem:
    return Problem(filled.sheet, place, None, None, code, False, masked_params(params))
