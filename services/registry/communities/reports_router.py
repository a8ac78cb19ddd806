"""`/v1/community-reports`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy import select

from services.registry.access import DIVISION_ROLES, READ_ALL
from services.registry.communities import reports
from services.registry.communities.models import Community, CommunityReport
from services.registry.communities.queries import (
    CITY,
    REPORT_ORDERS,
    due_out,
    due_reports,
    find_report,
    report_read_scope,
    reports_matching,
)
from services.registry.communities.rules import report_due_on
from services.registry.communities.schemas import (
    AcceptReport,
    AmendReport,
    CommunityReportOut,
    DraftReport,
    DueCommunityReportOut,
    DueFilter,
    ReportFilter,
    ReturnReport,
    SeeReport,
)
from services.registry.policy import edition_at
from services.registry.remarks.usecases import latest_remark
from services.registry.steps import CaseStep
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, DIVISION_OFFICER
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import Runtime, RuntimeDep

router = APIRouter(prefix="/v1/community-reports", tags=["community-reports"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *DIVISION_ROLES, *READ_ALL))]
Operator = Annotated[Principal, Depends(require(CENTRE_OPERATOR))]
Officer = Annotated[Principal, Depends(require(DIVISION_OFFICER))]
City = Annotated[Principal, Depends(require(*CITY))]

_STEP = problem_responses(404, 409, 412)


@router.get("")
async def list_reports(
    session: Session, principal: Reader, runtime: RuntimeDep, wanted: Annotated[ReportFilter, Query()]
) -> Page[CommunityReportOut]:
    """Reports that the caller has to do with."""
    query = select(CommunityReport).where(report_read_scope(principal), reports_matching(wanted, principal.today))
    keys = REPORT_ORDERS[wanted.sort]
    shown = runtime.editions
    return await paginate(session, query, keys=keys, params=wanted, item=lambda row: reports.report_out(shown, row))


@router.get("/due")
async def list_due_reports(
    session: Session, principal: Reader, runtime: RuntimeDep, wanted: Annotated[DueFilter, Query()]
) -> Page[DueCommunityReportOut]:
    """Communities whose report of the year is not in, or not accepted."""
    due_on = report_due_on(edition_at(runtime.editions, principal.today), wanted.year)
    query, today = due_reports(principal, wanted), principal.today
    page = await paginate(session, query, keys=[Community.id], params=wanted, item=lambda row: row)
    return Page(items=[due_out(row, wanted.year, due_on, today) for row in page.items], next=page.next)


@router.get("/{report_id}", responses=problem_responses(404))
async def read_report(
    report_id: UUID, session: Session, principal: Reader, runtime: RuntimeDep, response: Response
) -> CommunityReportOut:
    """One report."""
    answer = _answer(runtime, await find_report(session, principal, report_id), response)
    return answer.model_copy(update={"remark": await latest_remark(session, report_id)})


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def draft_report(
    body: DraftReport, session: Session, principal: Operator, runtime: RuntimeDep, response: Response
) -> CommunityReportOut:
    """Begin the report of a year."""
    report = await reports.draft_report(session, runtime.editions, principal, body)
    response.headers["Location"] = f"/v1/community-reports/{report.id}"
    return _answer(runtime, report, response)


@router.patch("/{report_id}", responses=problem_responses(404, 409, 412, 428))
async def amend_report(
    report_id: UUID,
    body: AmendReport,
    session: Session,
    principal: Operator,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CommunityReportOut:
    """Fill in a draft."""
    report = await reports.amend_report(session, runtime.editions, principal, report_id, body, if_match=if_match)
    return _answer(runtime, report, response)


@router.post("/{report_id}/submit", responses=_STEP)
async def submit_report(
    report_id: UUID,
    session: Session,
    principal: Operator,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CommunityReportOut:
    """Hand it in."""
    report = await reports.submit_report(session, runtime.editions, principal, report_id, if_match=if_match)
    return _answer(runtime, report, response)


@router.post("/{report_id}/return", responses=_STEP)
async def return_report(
    report_id: UUID,
    body: ReturnReport,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CommunityReportOut:
    """Send it back."""
    step = CaseStep(reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    report = await reports.return_report(session, runtime.editions, principal, report_id, step)
    return _answer(runtime, report, response)


@router.post("/{report_id}/accept", responses=_STEP)
async def accept_report(
    report_id: UUID,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[AcceptReport, Body(default_factory=AcceptReport)],
    if_match: IfMatch = None,
) -> CommunityReportOut:
    """Accept it for the division."""
    step = CaseStep(on=body.accepted_on, if_match=if_match)
    return _answer(runtime, await reports.accept_report(session, principal, report_id, step), response)


@router.post("/{report_id}/see", responses=_STEP)
async def see_report(
    report_id: UUID,
    session: Session,
    principal: City,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[SeeReport, Body(default_factory=SeeReport)],
    if_match: IfMatch = None,
) -> CommunityReportOut:
    """Take note of it for the city."""
    step = CaseStep(on=body.seen_on, if_match=if_match)
    return _answer(runtime, await reports.see_report(session, principal, report_id, step), response)


def _answer(runtime: Runtime, report: CommunityReport, response: Response) -> CommunityReportOut:
    set_etag(response, report.version)
    return reports.report_out(runtime.editions, report)
