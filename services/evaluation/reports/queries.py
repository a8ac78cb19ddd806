"""Reading quarterly reports within the caller's scope."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import in_scope
from services.evaluation.reports.models import QuarterlyReport, ReportReturn, ReportRevision
from services.evaluation.reports.schemas import ReportFilter, RevisionOut
from shared.auth.principal import Principal
from shared.errors import not_found


def reports_for(principal: Principal, wanted: ReportFilter) -> Select[QuarterlyReport]:
    """The reports the caller may see, filtered."""
    query = select(QuarterlyReport).where(in_scope(principal, QuarterlyReport.centre_id))
    for name in wanted.model_fields_set - {"limit", "cursor"}:
        query = query.where(getattr(QuarterlyReport, name) == getattr(wanted, name))
    return query


async def find_report(
    session: AsyncSession, principal: Principal, report_id: UUID, *, lock: bool = False
) -> QuarterlyReport:
    """One report of the caller's scope, locked for a change if asked. Raises 404."""
    query = select(QuarterlyReport).where(
        QuarterlyReport.id == report_id, in_scope(principal, QuarterlyReport.centre_id)
    )
    locked = query.with_for_update().execution_options(populate_existing=True)
    report = await session.scalar(locked if lock else query)
    if report is None:
        raise not_found("quarterly_report")
    return report


async def revisions_of(session: AsyncSession, report_id: UUID) -> list[RevisionOut]:
    """Every submitted version, oldest first, with its return."""
    same = and_(ReportReturn.report_id == ReportRevision.report_id, ReportReturn.revision == ReportRevision.revision)
    query = (
        select(ReportRevision, ReportReturn)
        .outerjoin(ReportReturn, same)
        .where(ReportRevision.report_id == report_id)
        .order_by(ReportRevision.revision)
    )
    return [RevisionOut.of(revision, returned) for revision, returned in await session.execute(query)]
