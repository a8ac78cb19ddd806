"""Taking a workbook in: each quarter's sheets draft or edit its report, by the rules of the single requests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.projections import known_centre
from services.evaluation.reports.form import Values, number
from services.evaluation.reports.lines import LINES, Changes
from services.evaluation.reports.models import QuarterlyReport
from services.evaluation.reports.period import hold_open_period
from services.evaluation.reports.rules import EDITABLE, last_day
from services.evaluation.reports.schemas import NewReport
from services.evaluation.reports.sheets import Filled, Quarter, read_book
from services.evaluation.reports.stays import tenants_of, with_changes
from services.evaluation.reports.understanding import (
    LINE_TWICE,
    LINE_UNKNOWN,
    Place,
    SheetRefused,
    Understood,
    refusal_at,
    understand,
)
from services.evaluation.reports.usecases import change_values, draft_report
from services.evaluation.reports.workbook import EXPLANATION
from shared.auth.principal import Principal
from shared.errors import DomainError, not_found
from shared.files.problems import Problem, masked_params
from shared.http.problems import translate
from shared.http.validation import PayloadInvalid
from shared.policy.edition import Editions, PolicyNotInForce

SHEET_UNKNOWN: Final = "workbook-sheet-unknown"
QUARTER_TWICE: Final = "workbook-quarter-twice"
BASE_MISSING: Final = "workbook-base-missing"
STALE: Final = "workbook-stale"
REFUSALS: Final = (SHEET_UNKNOWN, QUARTER_TWICE, LINE_UNKNOWN, LINE_TWICE, BASE_MISSING, STALE)
"""What a sheet or a line is refused for, beside what the single requests are."""


@dataclass(slots=True)
class Outcome:
    """What came of a workbook, quarter by quarter; what is no sheet of a report counts as one that was refused."""

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
    """Read the file and carry its quarters out under one savepoint. It stays only if `keep`, and with nothing refused
    or `partial`.

    Raises 413 and 422 for a file that cannot be read, has no sheet of a quarter or too many.
    """
    book = await asyncio.to_thread(read_book, path)
    outcome = Outcome(sheets=len(book.quarters) + len(book.unknown) + len(book.twice))
    savepoint = await session.begin_nested()
    for one in book.unknown:
        outcome.refuse([refusal_at(Place(one.sheet, 1), SHEET_UNKNOWN, {})])
    for one in book.twice:
        outcome.refuse([refusal_at(Place(one.sheet, 2), QUARTER_TWICE, {})])
    for quarter in book.quarters:
        await _carry_out(session, principal, editions, quarter, outcome)
    if keep and (partial or not outcome.refused):
        await savepoint.commit()
    else:
        await savepoint.rollback()
    return outcome


async def _carry_out(
    session: AsyncSession, principal: Principal, editions: Editions, quarter: Quarter, outcome: Outcome
) -> None:
    understood = Understood()
    try:
        async with session.begin_nested():
            changed = await _report(session, principal, editions, quarter, understood)
    except SheetRefused:
        outcome.refuse(understood.problems)
    except (DomainError, PayloadInvalid, PolicyNotInForce) as error:
        outcome.refuse(_refusals(quarter, understood, error))
    else:
        outcome.written += changed
        outcome.unchanged += not changed


async def _report(
    session: AsyncSession, principal: Principal, editions: Editions, quarter: Quarter, understood: Understood
) -> bool:
    """Whether the quarter's sheets changed anything."""
    no, year, number_of_year = quarter.key
    centre_id = await _centre_of(session, principal, no)
    query = select(QuarterlyReport).where(
        QuarterlyReport.centre_id == centre_id,
        QuarterlyReport.year == year,
        QuarterlyReport.quarter == number_of_year,
    )
    report = await session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if report is None:
        edition = editions.require_in_force(last_day(year, number_of_year))
        values, lines = understand(edition, edition.report_form.version, quarter, understood)
        wanted = NewReport(
            centre_id=centre_id,
            year=year,
            quarter=number_of_year,
            form=values,
            lines=lines,
            explanations=dict(understood.explanations),
        )
        await draft_report(session, principal, editions, wanted)
        return True
    edition = editions.get(report.edition)
    sent, lines = understand(edition, report.form_version, quarter, understood)
    values = {name: _with_other_levels(value, report.form.get(name)) for name, value in sent.items()}
    new = {name: value for name, value in values.items() if not _same(values, report.form, name)}
    new_lines = lines if await _moves(session, report, lines) else {}
    said = {name: text for name, text in understood.explanations.items() if report.explanations.get(name) != text}
    if not new and not new_lines and not said:
        return False
    if report.status not in EDITABLE:
        raise DomainError("report-differs", 409, params={"no": report.no, "status": report.status})
    for sheet in quarter.sheets:
        _require_fresh(report, sheet)
    await hold_open_period(session, report.year)
    await change_values(session, principal, edition, report, new, new_lines, said)
    return True


async def _moves(session: AsyncSession, report: QuarterlyReport, lines: Changes) -> bool:
    """Whether the enterprises' rows say anything new."""
    if not lines:
        return False
    tenants = await tenants_of(session, report.centre_id, report.year, report.quarter, lines)
    return with_changes(report.lines or [], lines, tenants) != report.lines


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


def _refusals(quarter: Quarter, understood: Understood, error: Exception) -> list[Problem]:
    """A use case's refusal as problems of the sheets, each field's at its place."""
    refused, faults = translate(error)
    first = Place(quarter.sheets[0].sheet, 1)
    if not faults:
        return [refusal_at(first, refused.code, refused.params)]
    found: list[Problem] = []
    for fault in faults:
        name = fault.field.removeprefix("form.").removeprefix("explanations.")
        place = understood.places.get(name, understood.places.get(f"{EXPLANATION}.{name}", first))
        column = f"{LINES}.{name.rpartition('.')[2]}" if name.startswith(f"{LINES}.") else name
        params = masked_params(fault.params)
        found.append(Problem(place.sheet, place.row, column, place.shown, fault.type, True, params))
    return found
