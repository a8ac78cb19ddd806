"""`/v1/quarterly-reports/{id}/corrections`: changing what was accepted already (2.3-2)."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from services.evaluation.access import Approver, CaseReader, OperatorOrOfficer
from services.evaluation.reports import corrections
from services.evaluation.reports.correction_schemas import (
    CorrectionApproval,
    CorrectionList,
    CorrectionOut,
    CorrectionRefusal,
    NewCorrection,
)
from services.evaluation.reports.queries import find_report
from services.evaluation.reports.router import TRANSITION, answer
from services.evaluation.reports.schemas import ReportDetail
from shared.db import Session
from shared.http.etag import IfMatch
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/quarterly-reports", tags=["quarterly-reports"], route_class=ServiceRoute)


@router.get("/{report_id}/corrections", responses=problem_responses(404))
async def list_corrections(report_id: UUID, session: Session, principal: CaseReader) -> CorrectionList:
    """Every correction that was asked for, and what became of it."""
    report = await find_report(session, principal, report_id)
    found = await corrections.corrections_of(session, report.id)
    return CorrectionList(items=[CorrectionOut.model_validate(one) for one in found])


@router.post("/{report_id}/corrections", status_code=201, responses=TRANSITION)
async def request_correction(
    report_id: UUID,
    wanted: NewCorrection,
    session: Session,
    principal: OperatorOrOfficer,
    runtime: RuntimeDep,
    if_match: IfMatch = None,
) -> CorrectionOut:
    """Ask for a change of an accepted report, also after the year's results were announced."""
    made = await corrections.request_correction(session, principal, runtime.editions, report_id, wanted, if_match)
    return CorrectionOut.model_validate(made)


@router.post("/{report_id}/corrections/{correction_id}/approve", responses=TRANSITION)
async def approve_correction(
    report_id: UUID,
    correction_id: UUID,
    wanted: CorrectionApproval,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
) -> ReportDetail:
    """Make the corrected version the accepted one; by another person than who asked for it."""
    report = await corrections.approve_correction(
        session, principal, runtime.editions, report_id, correction_id, wanted.decided_on
    )
    return await answer(session, report, principal, runtime, response)


@router.post("/{report_id}/corrections/{correction_id}/refuse", responses=TRANSITION)
async def refuse_correction(
    report_id: UUID,
    correction_id: UUID,
    wanted: CorrectionRefusal,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
) -> ReportDetail:
    """Leave the report as it is."""
    report = await corrections.refuse_correction(
        session, principal, report_id, correction_id, wanted.answer, wanted.decided_on
    )
    return await answer(session, report, principal, runtime, response)
