"""`/v1/evaluations/{id}/self-report`: a centre's own word on its year (2.3-2)."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import select

from services.evaluation.access import Officer, Operator, ScoreReader
from services.evaluation.cycles.phases import decide_self_report_open
from services.evaluation.cycles.queries import find_cycle
from services.evaluation.evaluations.rules import MARKABLE
from services.evaluation.evidence.queries import evidence_by_indicator, find_file
from services.evaluation.evidence.usecases import wanted_indicators
from services.evaluation.rubrics.pinning import pinned_edition
from services.evaluation.self_reports import usecases
from services.evaluation.self_reports.models import SelfReport, SelfReportRevision
from services.evaluation.self_reports.schemas import (
    SelfReportOut,
    SelfReportReturn,
    SelfReportRevisionOut,
    SelfReportRevisions,
    Statements,
)
from shared.auth.principal import Principal
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import Runtime, RuntimeDep

router = APIRouter(
    prefix="/v1/evaluations/{evaluation_id}/self-report", tags=["self-reports"], route_class=ServiceRoute
)

_STEP = problem_responses(404, 409, 412)


async def _answer(
    session: Session, principal: Principal, runtime: Runtime, report: SelfReport, response: Response
) -> SelfReportOut:
    cycle = await find_cycle(session, report.cycle_id)
    edition = await pinned_edition(session, runtime.editions, cycle.edition, cycle.rubric_id, cycle.year)
    given = await evidence_by_indicator(session, report.evaluation_id)
    due_on = cycle.self_report_due_on
    taken = decide_self_report_open(edition, due_on, report.status, principal.today)
    set_etag(response, report.version)
    return SelfReportOut.of(
        report,
        due_on,
        locked=cycle.status not in MARKABLE or not taken.passed,
        missing=usecases.missing_statements(edition, report.statements),
        evidence_missing=[name for name in wanted_indicators(edition) if name not in given],
    )


@router.get("", responses=problem_responses(404))
async def read_self_report(
    evaluation_id: UUID, session: Session, principal: ScoreReader, runtime: RuntimeDep, response: Response
) -> SelfReportOut:
    """For the centre, its division, the bureaus, and the experts who mark it."""
    evaluation = await find_file(session, principal, evaluation_id)
    report = await usecases.find_report(session, evaluation)
    return await _answer(session, principal, runtime, report, response)


@router.get("/revisions", responses=problem_responses(404))
async def list_revisions(evaluation_id: UUID, session: Session, principal: ScoreReader) -> SelfReportRevisions:
    """Every version that was handed in."""
    report = await usecases.find_report(session, await find_file(session, principal, evaluation_id))
    query = select(SelfReportRevision).where(SelfReportRevision.self_report_id == report.id)
    found = await session.scalars(query.order_by(SelfReportRevision.revision.desc()))
    return SelfReportRevisions(items=[SelfReportRevisionOut.model_validate(revision) for revision in found])


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def draft_self_report(
    evaluation_id: UUID,
    sent: Statements,
    session: Session,
    principal: Operator,
    runtime: RuntimeDep,
    response: Response,
) -> SelfReportOut:
    """Begin it."""
    report = await usecases.draft(session, principal, runtime.editions, evaluation_id, sent)
    response.headers["Location"] = f"/v1/evaluations/{evaluation_id}/self-report"
    return await _answer(session, principal, runtime, report, response)


@router.patch("", responses=problem_responses(404, 409, 412, 428))
async def edit_self_report(
    evaluation_id: UUID,
    sent: Statements,
    session: Session,
    principal: Operator,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> SelfReportOut:
    """Change statements."""
    report = await usecases.edit(session, principal, runtime.editions, evaluation_id, sent, if_match)
    return await _answer(session, principal, runtime, report, response)


@router.post("/submit", responses=_STEP)
async def submit_self_report(
    evaluation_id: UUID,
    session: Session,
    principal: Operator,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> SelfReportOut:
    """Hand it in."""
    report = await usecases.submit(session, principal, runtime.editions, evaluation_id, if_match)
    return await _answer(session, principal, runtime, report, response)


@router.post("/return", responses=_STEP)
async def return_self_report(
    evaluation_id: UUID,
    sent: SelfReportReturn,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> SelfReportOut:
    """Send it back for correction."""
    report = await usecases.send_back(session, principal, runtime.editions, evaluation_id, sent, if_match)
    return await _answer(session, principal, runtime, report, response)
