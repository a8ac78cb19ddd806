"""What a centre's workbook of a year begins with: what was entered by now, and what the registry knows."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import AnyRow
from services.evaluation.projections import known_centre
from services.evaluation.reports.line_workbook import rows_of
from services.evaluation.reports.models import QuarterlyReport
from services.evaluation.reports.prefill import known_values, prefilled
from services.evaluation.reports.rules import first_day, last_day
from services.evaluation.reports.stays import tenants_of
from services.evaluation.reports.workbook import NO_REPORT, Sheet
from shared.auth.principal import Principal
from shared.errors import DomainError, not_found
from shared.policy.edition import Edition, Editions


async def sheets_of(
    session: AsyncSession, principal: Principal, editions: Editions, centre_id: UUID, year: int
) -> tuple[Edition, AnyRow, list[Sheet]]:
    """The quarters of the year that have begun, each prefilled where nothing was entered. Raises 404, and 409
    `quarter-not-begun` for a year to come."""
    query = select(known_centre).where(known_centre.c.id == centre_id, known_centre.c.operator_code == principal.org)
    centre = (await session.execute(query)).one_or_none()
    if centre is None:
        raise not_found("centre")
    begun = [quarter for quarter in (1, 2, 3, 4) if first_day(year, quarter) <= principal.today]
    if not begun:
        raise DomainError("quarter-not-begun", 409, params={"first_day": first_day(year, 1)})
    edition = editions.require_in_force(last_day(year, begun[-1]))
    reports = await session.scalars(
        select(QuarterlyReport).where(QuarterlyReport.centre_id == centre_id, QuarterlyReport.year == year)
    )
    by_quarter = {report.quarter: report for report in reports}
    sheets = [await _sheet(session, edition, centre_id, year, quarter, by_quarter.get(quarter)) for quarter in begun]
    return edition, centre, sheets


async def _sheet(
    session: AsyncSession, edition: Edition, centre_id: UUID, year: int, quarter: int, report: QuarterlyReport | None
) -> Sheet:
    form = edition.report_form
    version = form.version if report is None else report.form_version
    known = await known_values(session, [centre_id], year, quarter)
    registry = prefilled(form, version, known[centre_id])
    entered = registry if report is None else report.form
    explanations = {} if report is None else report.explanations
    base = NO_REPORT if report is None else report.version
    lines = [] if report is None or report.lines is None else report.lines
    rows = rows_of(lines, await tenants_of(session, centre_id, year, quarter)) if form.lines_of(version) else None
    return Sheet(year, quarter, version, entered, explanations, registry, base, rows)
