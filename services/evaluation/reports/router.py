"""`/v1/quarterly-reports`: quarterly data of centres (2.3-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import CaseReader, Officer, Operator
from services.evaluation.reports import usecases
from services.evaluation.reports.models import QuarterlyReport
from services.evaluation.reports.queries import comparison_of, detail_of, find_report, reports_for, revisions_of
from services.evaluation.reports.schemas import (
    Comparison,
    NewReport,
    ReportAcceptance,
    ReportChange,
    ReportDetail,
    ReportFilter,
    ReportOut,
    ReportReturnRequest,
    RevisionList,
)
from shared.auth.principal import Principal
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, SortKey, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import Runtime, RuntimeDep

router = APIRouter(prefix="/v1/quarterly-reports", tags=["quarterly-reports"], route_class=ServiceRoute)

TRANSITION = problem_responses(404, 409, 412)


async def answer(
    session: AsyncSession, report: QuarterlyReport, principal: Principal, runtime: Runtime, response: Response
) -> ReportDetail:
    """The report as it stands now, with its ETag."""
    set_etag(response, report.version)
    return await detail_of(session, report, runtime.editions.get(report.edition), principal.today)


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def draft_report(
    wanted: NewReport, session: Session, principal: Operator, runtime: RuntimeDep, response: Response
) -> ReportDetail:
    """Draft the report of a quarter of an own listed centre."""
    report = await usecases.draft_report(session, principal, runtime.editions, wanted)
    response.headers["Location"] = f"/v1/quarterly-reports/{report.id}"
    return await answer(session, report, principal, runtime, response)


@router.get("")
async def list_reports(
    session: Session, principal: CaseReader, runtime: RuntimeDep, wanted: Annotated[ReportFilter, Query()]
) -> Page[ReportOut]:
    """Reports of the caller's scope, newest quarter first."""
    keys: list[SortKey] = [QuarterlyReport.year.desc(), QuarterlyReport.quarter.desc(), QuarterlyReport.id.desc()]

    def item(report: QuarterlyReport) -> ReportOut:
        return ReportOut.of(report, runtime.editions.get(report.edition), principal.today)

    return await paginate(session, reports_for(principal, wanted), keys=keys, params=wanted, item=item)


@router.get("/{report_id}", responses=problem_responses(404))
async def read_report(
    report_id: UUID, session: Session, principal: CaseReader, runtime: RuntimeDep, response: Response
) -> ReportDetail:
    """One report, with what the registry knows of the same quarter."""
    return await answer(session, await find_report(session, principal, report_id), principal, runtime, response)


@router.get("/{report_id}/revisions", responses=problem_responses(404))
async def list_revisions(report_id: UUID, session: Session, principal: CaseReader) -> RevisionList:
    """Every version that was ever submitted, and why it was returned or corrected."""
    report = await find_report(session, principal, report_id)
    return RevisionList(items=await revisions_of(session, report.id))


@router.get("/{report_id}/revisions/{before}/compare/{after}", responses=problem_responses(404))
async def compare_revisions(
    report_id: UUID, before: int, after: int, session: Session, principal: CaseReader, runtime: RuntimeDep
) -> Comparison:
    """What changed from one submitted version to another."""
    report = await find_report(session, principal, report_id)
    return await comparison_of(session, report, runtime.editions.get(report.edition), before, after)


@router.patch("/{report_id}", responses=problem_responses(404, 409, 412, 428))
async def edit_report(
    report_id: UUID,
    change: ReportChange,
    session: Session,
    principal: Operator,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ReportDetail:
    """Change fields of a draft or of a returned report."""
    report = await usecases.edit_report(session, principal, runtime.editions, report_id, change, if_match)
    return await answer(session, report, principal, runtime, response)


@router.post("/{report_id}/submit", responses=TRANSITION)
async def submit_report(
    report_id: UUID,
    session: Session,
    principal: Operator,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ReportDetail:
    """Submit a draft, or a returned report again."""
    report = await usecases.submit_report(session, principal, runtime.editions, report_id, if_match)
    return await answer(session, report, principal, runtime, response)


@router.post("/{report_id}/return", responses=TRANSITION)
async def return_report(
    report_id: UUID,
    wanted: ReportReturnRequest,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ReportDetail:
    """Send a submitted report back, with a reason and a comment for each field in doubt."""
    report = await usecases.return_report(session, principal, runtime.editions, report_id, wanted, if_match)
    return await answer(session, report, principal, runtime, response)


@router.post("/{report_id}/accept", responses=TRANSITION)
async def accept_report(
    report_id: UUID,
    wanted: ReportAcceptance,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ReportDetail:
    """Accept a submitted report."""
    report = await usecases.accept_report(session, principal, report_id, wanted.accepted_on, if_match)
    return await answer(session, report, principal, runtime, response)
