"""Reading quarterly reports within the caller's scope."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import in_scope
from services.evaluation.reports.checks import decide_consistent
from services.evaluation.reports.differing import differing
from services.evaluation.reports.due import DueItem, due_items
from services.evaluation.reports.judging import check, completed_on, enough_on
from services.evaluation.reports.line_schemas import LineOut, TenantOut
from services.evaluation.reports.lines import CODE, LINES, Lines, changed_line_fields
from services.evaluation.reports.models import QuarterlyReport, ReportCorrection, ReportReturn, ReportRevision
from services.evaluation.reports.period import locked_year
from services.evaluation.reports.prefill import known_values, prefilled
from services.evaluation.reports.record_behind import behind
from services.evaluation.reports.schemas import (
    ChangeOut,
    Comparison,
    ReportDetail,
    ReportFilter,
    ReturnOut,
    RevisionOut,
    plain_report,
)
from services.evaluation.reports.stays import Tenants, tenants_of
from services.evaluation.reports.texts import shown_checks
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.policy.edition import Edition
from shared.policy.report_form import ReportForm

__all__ = ["DueItem", "comparison_of", "detail_of", "due_items", "find_report", "reports_for", "revisions_of"]


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


async def detail_of(session: AsyncSession, report: QuarterlyReport, edition: Edition, today: date) -> ReportDetail:
    """The report with its checks, the registry's values and where they differ, and why it was sent back."""
    form, version = edition.report_form, report.form_version
    found = await check(session, edition, report, report.form, report.lines)
    tenants = await tenants_of(session, report.centre_id, report.year, report.quarter)
    known = await known_values(session, [report.centre_id], report.year, report.quarter)
    registry = prefilled(form, version, known[report.centre_id])
    locked = await session.scalar(select(locked_year()).where(QuarterlyReport.id == report.id))
    back = select(ReportReturn).where(ReportReturn.report_id == report.id, ReportReturn.revision == report.revision)
    returned = await session.scalar(back)
    return ReportDetail.model_validate(
        {
            **plain_report(report, edition, today),
            "lines": lines_shown(report.lines, tenants),
            "tenants": [] if report.lines is None else tenants_shown(report.lines, tenants),
            "checks": decide_consistent(edition, found).to_json(),
            "faults": shown_checks(form, found, report.explanations),
            "prefilled": registry,
            "prefilled_from": await behind(session, form, version, report.centre_id, report.year, report.quarter),
            "differences": await differing(session, edition, report, report.form, registry, report.explanations),
            "locked": bool(locked),
            "returned": None if returned is None else ReturnOut.model_validate(returned),
            "completed_on": await completed_on(session, report),
            "enough_on": await enough_on(session, edition, report),
        }
    )


def lines_shown(lines: Lines | None, tenants: Tenants) -> list[LineOut] | None:
    """The lines with the names of whose they are."""
    names = {stay: tenant.name for stay, tenant in tenants.by_stay.items()}
    return None if lines is None else [LineOut.of(line, names) for line in lines]


def tenants_shown(lines: Lines, tenants: Tenants) -> list[TenantOut]:
    """Who may have a line, by code."""
    lined = {tenant.code for line in lines if (tenant := tenants.of_line(line)) is not None}
    return [
        TenantOut(code=one.code, name=one.name, there_at_end=one.there_at_end, has_line=one.code in lined)
        for _, one in sorted(tenants.by_code.items())
    ]


def _line_changes(form: ReportForm, before: Lines | None, after: Lines | None) -> list[ChangeOut]:
    shown: list[ChangeOut] = []
    for code, name, one, other in changed_line_fields(before, after):
        zh, en = ("企业", "Enterprise") if name == CODE else _titles(form, name)
        field, titles = f"{LINES}.{code}.{name}", (f"{code}：{zh}", f"{code}: {en}")
        shown.append(ChangeOut(field=field, title_zh=titles[0], title_en=titles[1], before=one, after=other))
    return shown


def _titles(form: ReportForm, name: str) -> tuple[str, str]:
    field = form.enterprise_lines[name]
    return field.title_zh, field.title_en


async def revisions_of(session: AsyncSession, report_id: UUID) -> list[RevisionOut]:
    """Every submitted version, oldest first, with its return, or the correction that made it."""
    same = and_(ReportReturn.report_id == ReportRevision.report_id, ReportReturn.revision == ReportRevision.revision)
    made = and_(
        ReportCorrection.report_id == ReportRevision.report_id, ReportCorrection.revision == ReportRevision.revision
    )
    query = (
        select(ReportRevision, ReportReturn, ReportCorrection.id)
        .outerjoin(ReportReturn, same)
        .outerjoin(ReportCorrection, made)
        .where(ReportRevision.report_id == report_id)
        .order_by(ReportRevision.revision)
    )
    found = await session.execute(query)
    return [RevisionOut.of(revision, returned, correction) for revision, returned, correction in found]


async def comparison_of(
    session: AsyncSession, report: QuarterlyReport, edition: Edition, before: int, after: int
) -> Comparison:
    """What changed between two submitted versions. Raises 404 for a version that there is not."""
    query = select(ReportRevision).where(
        ReportRevision.report_id == report.id, ReportRevision.revision.in_([before, after])
    )
    found = {row.revision: row for row in await session.scalars(query)}
    if not {before, after} <= set(found):
        raise not_found("report_revision")
    one, other = found[before], found[after]
    changes = [
        ChangeOut(
            field=name,
            title_zh=field.title_zh,
            title_en=field.title_en,
            before=one.form.get(name),
            after=other.form.get(name),
        )
        for name, field in edition.report_form.fields.items()
        if one.form.get(name) != other.form.get(name)
    ]
    changes += _line_changes(edition.report_form, one.lines, other.lines)
    return Comparison(report_id=report.id, before=before, after=after, changes=changes)
