"""/v1/grants/{id}/use-reports and /v1/grants/use-reports: what grants were used for, year by year."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from services.finance.centres import READERS
from services.finance.grants.cases import Step
from services.finance.grants.queries import find_grant
from services.finance.grants.schemas import FiscalYear, StepRequest
from services.finance.use_reports import queries, usecases
from services.finance.use_reports.schemas import (
    FiguresOut,
    UseReportFilter,
    UseReportIn,
    UseReportItem,
    UseReportOut,
    UseReportReturn,
)
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute, Session
from shared.runtime import RuntimeDep

Reader = Annotated[Principal, Depends(require(*READERS))]
Reporter = Annotated[Principal, Depends(require(r.CENTRE_OPERATOR, r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER))]
Officer = Annotated[Principal, Depends(require(r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER))]

of_grant = APIRouter(prefix="/v1/grants/{grant_id}/use-reports", tags=["use reports"], route_class=ServiceRoute)
router = APIRouter(prefix="/v1/grants/use-reports", tags=["use reports"], route_class=ServiceRoute)

STEP = problem_responses(403, 404, 409, 412)


@of_grant.post("", status_code=201, responses=problem_responses(404, 409))
async def submit_report(
    session: Session, runtime: RuntimeDep, caller: Reporter, grant_id: UUID, sent: UseReportIn, response: Response
) -> UseReportOut:
    """The operator hands in the report on a year, again if it was returned; officers enter one on paper."""
    report = await usecases.submit_report(session, sent, step=Step(grant_id, caller, runtime.editions))
    set_etag(response, report.version)
    response.headers["Location"] = f"/v1/grants/use-reports/{report.id}"
    return UseReportOut.model_validate(report)


@of_grant.get("/figures", responses=problem_responses(404))
async def read_figures(
    session: Session, caller: Reader, grant_id: UUID, year: Annotated[FiscalYear, Query()]
) -> FiguresOut:
    """What the books have by the end of the year: what a report on it must say."""
    grant = await find_grant(session, grant_id, principal=caller)
    return FiguresOut.model_validate(await queries.figures_at(session, grant, date(year, 12, 31)))


@router.get("")
async def list_reports(
    session: Session, caller: Reader, wanted: Annotated[UseReportFilter, Query()]
) -> Page[UseReportItem]:
    """Reports of the centres the caller may see, newest first."""
    return await queries.list_reports(session, wanted, principal=caller)


@router.get("/{report_id}", responses=problem_responses(404))
async def read_report(session: Session, caller: Reader, report_id: UUID, response: Response) -> UseReportOut:
    """One report with its indicators and the rules applied."""
    report = await queries.find_report(session, report_id, principal=caller)
    set_etag(response, report.version)
    return UseReportOut.model_validate(report)


@router.post("/{report_id}/accept", responses=STEP)
async def accept_report(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    report_id: UUID,
    response: Response,
    sent: Annotated[StepRequest, Body()] = StepRequest(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> UseReportOut:
    """An officer who did not hand it in accepts the report."""
    step = Step(report_id, caller, runtime.editions, if_match)
    report = await usecases.accept_report(session, report_id, sent, step=step)
    set_etag(response, report.version)
    return UseReportOut.model_validate(report)


@router.post("/{report_id}/return", responses=STEP)
async def return_report(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    report_id: UUID,
    sent: UseReportReturn,
    response: Response,
    if_match: IfMatch = None,
) -> UseReportOut:
    """An officer who did not hand it in returns the report, with a reason."""
    step = Step(report_id, caller, runtime.editions, if_match)
    report = await usecases.return_report(session, report_id, sent, step=step)
    set_etag(response, report.version)
    return UseReportOut.model_validate(report)
