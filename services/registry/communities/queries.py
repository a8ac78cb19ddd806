"""Which communities and reports somebody sees and may move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import READ_ALL, division_of, operator_code_of
from services.registry.centres.models import Centre
from services.registry.communities import rules
from services.registry.communities.models import Community, CommunityReport
from services.registry.communities.schemas import (
    CommunityFilter,
    CommunityOut,
    DueCommunityReportOut,
    DueFilter,
    PublicCommunityOut,
    ReportFilter,
)
from services.registry.documents.models import Document
from services.registry.names.queries import name_matches, name_order
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import SortKey, both_ways

ORDERS: Final = both_ways({"proposed": (Community.id,), "name": (name_order(Community), Community.id)})
REPORT_ORDERS: Final[Mapping[str, Sequence[SortKey]]] = {
    "year": (CommunityReport.year, CommunityReport.id),
    "-year": (CommunityReport.year.desc(), CommunityReport.id.desc()),
}
CITY: Final = (r.SCIENCE_OFFICER, r.OFFICE_OFFICER)
"""Who takes note of accepted reports for the city."""

SHELF: Final = "community-report"
"""The kind under which a report's papers are kept."""


def division_scope(principal: Principal, role: str) -> ColumnElement[bool]:
    """The communities of the caller's own division, if it has that role there."""
    if principal.has(role) and principal.division is not None:
        return Community.division == principal.division
    return false()


def base_scope(principal: Principal) -> ColumnElement[bool]:
    """The communities that are based at the caller's own centres."""
    code = operator_code_of(principal)
    return Community.base_centre_id.in_(select(Centre.id).where(Centre.operator_code == code))


def read_scope(principal: Principal) -> ColumnElement[bool]:
    """The communities that the caller sees whole."""
    if principal.has(*READ_ALL):
        return true()
    division = division_of(principal)
    own = Community.division == division if division is not None else false()
    return or_(own, base_scope(principal))


def visible(principal: Principal) -> Select[Community, bool]:
    """Communities with a mark whether the caller sees the whole case or only what is public of it."""
    whole = read_scope(principal)
    return select(Community, whole.label("whole")).where(or_(whole, Community.status.in_(rules.PUBLIC)))


def matching(wanted: CommunityFilter) -> ColumnElement[bool]:
    """The list's filters."""
    exact = ("no", "division", "sector", "status", "base_centre_id")
    values = {getattr(Community, field): getattr(wanted, field) for field in exact}
    conditions: list[ColumnElement[bool]] = [column == value for column, value in values.items() if value is not None]
    if wanted.on is not None:
        closed = or_(Community.closed_on.is_(None), Community.closed_on >= wanted.on)
        conditions.append(and_(Community.opened_on <= wanted.on, closed))
    if wanted.q is not None:
        conditions.append(name_matches(Community, wanted.q))
    return and_(true(), *conditions)


def shown(row: Row[Community, bool]) -> CommunityOut | PublicCommunityOut:
    """The whole case, or what everybody reads of it."""
    return (CommunityOut if row[1] else PublicCommunityOut).model_validate(row[0])


async def find_visible(session: AsyncSession, principal: Principal, community_id: UUID) -> Row[Community, bool]:
    """One community as the caller sees it. Raises 404."""
    row = (await session.execute(visible(principal).where(Community.id == community_id))).one_or_none()
    if row is None:
        raise not_found("community")
    return row


async def find_whole(session: AsyncSession, principal: Principal, community_id: UUID) -> Community:
    """One community that the caller sees whole. Raises 404 also for what is only public to it."""
    community = await session.scalar(select(Community).where(Community.id == community_id, read_scope(principal)))
    if community is None:
        raise not_found("community")
    return community


async def lock_for(session: AsyncSession, scope: ColumnElement[bool], community_id: UUID) -> Community:
    """One community of the scope, locked. Raises 404."""
    query = select(Community).where(Community.id == community_id, scope)
    community = await session.scalar(query.with_for_update())
    if community is None:
        raise not_found("community")
    return community


def _reports_of(communities: ColumnElement[bool]) -> ColumnElement[bool]:
    return CommunityReport.community_id.in_(select(Community.id).where(communities))


def report_read_scope(principal: Principal) -> ColumnElement[bool]:
    """Reports of the communities that the caller sees whole; a draft is its author's until it is handed in."""
    written = CommunityReport.status != rules.DRAFT
    return or_(author_scope(principal), and_(_reports_of(read_scope(principal)), written))


def author_scope(principal: Principal) -> ColumnElement[bool]:
    """Reports of the communities based at the caller's own centres."""
    return _reports_of(base_scope(principal))


def judge_scope(principal: Principal) -> ColumnElement[bool]:
    """Reports that the caller's division answers."""
    return _reports_of(division_scope(principal, r.DIVISION_OFFICER))


def reports_matching(wanted: ReportFilter, today: date) -> ColumnElement[bool]:
    """The filters of the list of reports."""
    exact = ("no", "community_id", "year", "status")
    values = {getattr(CommunityReport, field): getattr(wanted, field) for field in exact}
    conditions: list[ColumnElement[bool]] = [column == value for column, value in values.items() if value is not None]
    if wanted.division is not None:
        conditions.append(_reports_of(Community.division == wanted.division))
    if wanted.late is not None:
        handed_in = func.coalesce(CommunityReport.first_submitted_on, today)
        late = handed_in > CommunityReport.due_on
        conditions.append(late if wanted.late else ~late)
    return and_(true(), *conditions)


async def find_report(session: AsyncSession, principal: Principal, report_id: UUID) -> CommunityReport:
    """One report as the caller sees it. Raises 404."""
    return await _report(session, report_read_scope(principal), report_id, lock=False)


async def lock_report(session: AsyncSession, scope: ColumnElement[bool], report_id: UUID) -> CommunityReport:
    """One report of the scope, locked. Raises 404."""
    return await _report(session, scope, report_id, lock=True)


async def papers_of(session: AsyncSession, report_id: UUID) -> set[UUID]:
    """The papers that are on the report's shelf."""
    query = select(Document.id).where(
        Document.subject_kind == SHELF, Document.subject_id == report_id, Document.removed_at.is_(None)
    )
    return set(await session.scalars(query))


def due_reports(principal: Principal, wanted: DueFilter) -> Select[*tuple[Any, ...]]:
    """Communities that were open on a day of the year and whose report nobody has accepted."""
    first, last = date(wanted.year, 1, 1), date(wanted.year, 12, 31)
    report = and_(CommunityReport.community_id == Community.id, CommunityReport.year == wanted.year)
    return (
        select(Community, CommunityReport.status)
        .outerjoin(CommunityReport, report)
        .where(
            read_scope(principal),
            Community.opened_on <= last,
            or_(Community.closed_on.is_(None), Community.closed_on >= first),
            or_(CommunityReport.id.is_(None), CommunityReport.accepted_on.is_(None)),
        )
    )


def due_out(row: Row[*tuple[Any, ...]], year: int, due_on: date, today: date) -> DueCommunityReportOut:
    """A report that is owed."""
    community, status = row[0], row[1]
    names = ("no", "name", "division")
    return DueCommunityReportOut(
        community_id=community.id,
        year=year,
        due_on=due_on,
        status=status,
        overdue=due_on < today and status != rules.SUBMITTED,
        **{name: getattr(community, name) for name in names},
    )


async def _report(session: AsyncSession, scope: ColumnElement[bool], report_id: UUID, *, lock: bool) -> CommunityReport:
    query = select(CommunityReport).where(CommunityReport.id == report_id, scope)
    report = await session.scalar(query.with_for_update() if lock else query)
    if report is None:
        raise not_found("community-report")
    return report
