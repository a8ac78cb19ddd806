"""Judging a report with what surrounds it: the quarter before, the area on record, what the operator explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.projections import known_centre
from services.evaluation.refusals import require_known, require_passed
from services.evaluation.reports.checks import (
    Around,
    Checked,
    checked,
    decide_consistent,
    decide_explained,
    inconsistencies_told,
)
from services.evaluation.reports.differing import deviating, recorded_of
from services.evaluation.reports.form import Values
from services.evaluation.reports.lines import Lines, names_in_doubt
from services.evaluation.reports.models import QuarterlyReport, ReportRevision
from services.evaluation.reports.rules import quarter_before, require_begun
from services.evaluation.reports.stays import require_tenanted, tenants_of
from shared.errors import DomainError
from shared.policy.edition import Edition


async def around(session: AsyncSession, report: QuarterlyReport, lines: Lines | None) -> Around:
    """What the report is compared with."""
    area = await session.scalar(select(known_centre.c.total_area_m2).where(known_centre.c.id == report.centre_id))
    year, quarter = quarter_before(report.year, report.quarter)
    last = await _last_submitted(session, report.centre_id, year, quarter)
    return Around(last, None if area is None else Decimal(area), lines or ())


async def _last_submitted(
    session: AsyncSession, centre_id: UUID, year: int, quarter: int
) -> dict[str, JsonValue] | None:
    newest = and_(ReportRevision.report_id == QuarterlyReport.id, ReportRevision.revision == QuarterlyReport.revision)
    query = (
        select(ReportRevision.form)
        .join(QuarterlyReport, newest)
        .where(QuarterlyReport.centre_id == centre_id, QuarterlyReport.year == year, QuarterlyReport.quarter == quarter)
    )
    return await session.scalar(query)


async def check(
    session: AsyncSession, edition: Edition, report: QuarterlyReport, values: Values, lines: Lines | None
) -> list[Checked]:
    """Every check of the report's version for these values and lines."""
    return checked(edition.report_form, report.form_version, values, await around(session, report, lines))


async def completed_on(session: AsyncSession, report: QuarterlyReport) -> date | None:
    """The day of the first submitted version without an empty required field."""
    complete = ReportRevision.filled == ReportRevision.fields
    query = select(func.min(ReportRevision.submitted_on)).where(ReportRevision.report_id == report.id, complete)
    return await session.scalar(query)


async def enough_on(session: AsyncSession, edition: Edition, report: QuarterlyReport) -> date | None:
    """The day of the first submitted version with enough required fields filled to keep the term."""
    enough = edition.quarterly_reports.in_time_filled_percent.value
    filled = ReportRevision.filled * 100 >= ReportRevision.fields * enough
    query = select(func.min(ReportRevision.submitted_on)).where(ReportRevision.report_id == report.id, filled)
    return await session.scalar(query)


@dataclass(frozen=True, slots=True)
class Content:
    """What a version of a report says."""

    values: Values
    lines: Lines | None
    explanations: Mapping[str, str]


def content_of(report: QuarterlyReport) -> Content:
    """The report as it is being edited."""
    return Content(report.form, report.lines, report.explanations)


async def require_submittable(
    session: AsyncSession, edition: Edition, report: QuarterlyReport, content: Content, *, with_reasons: bool = True
) -> Values:
    """What the registers say of its fields, to be kept with the version.

    Raises 409 `report-empty` without a single required field, `report-lines-not-tenanted` for lines of whom was not
    there, `report-lines-twice` for two of one enterprise, `report-inconsistent` for numbers that cannot be true
    together, `report-warnings-unexplained` for unusual ones and such that deviate from the registers of mentors,
    training and activities, as long as nobody explained them; `with_reasons` false asks for none of the
    latter, where others decide on what was asked for before.
    """
    require_begun(edition, report.form_version, content.values)
    if content.lines:
        require_tenanted(content.lines, await tenants_of(session, report.centre_id, report.year, report.quarter))
    found = await check(session, edition, report, content.values, content.lines)
    consistent = decide_consistent(edition, found)
    if not consistent.passed:
        params = inconsistencies_told(edition, found)
        raise DomainError("report-inconsistent", 409, params=params, decision=consistent)
    registry = await recorded_of(session, edition, report)
    unlike = deviating(edition, content.values, registry, content.explanations) if with_reasons else {}
    require_passed(decide_explained(edition, found, content.explanations, unlike))
    return registry


def merged_explanations(
    edition: Edition,
    version: int,
    known: Mapping[str, str],
    sent: Mapping[str, str | None],
    lines: Lines | None,
) -> dict[str, str]:
    """With what was sent; null takes one back. Raises 422 for what is no check, no field of the form and no line."""
    form = edition.report_form
    named = [*form.checks_of(version), *form.fields_of(version), *names_in_doubt(lines)]
    require_known("explanations", sent, named)
    return {name: text for name, text in {**known, **sent}.items() if text}
