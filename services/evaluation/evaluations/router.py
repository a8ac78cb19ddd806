"""`/v1/evaluations`: a centre's year, its score and its result (2.3-2, 2.3-3)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.evaluation.access import Anyone, Approver, Officer, Scorer, ScoreReader
from services.evaluation.cycles.publishing import publish_one
from services.evaluation.evaluations import usecases
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.evaluations.queries import (
    evaluations_for,
    find_concerned,
    sheets_of,
    show_evaluation,
    shown_to,
)
from services.evaluation.evaluations.schemas import (
    EvaluationFile,
    EvaluationFilter,
    EvaluationOut,
    ExemptionDecision,
    ExemptionOut,
    ExpertMark,
    MarkOut,
    NewExemption,
    NewVeto,
    ResultOut,
    SheetList,
    SinglePublication,
    VetoDecision,
    VetoOut,
)
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, SortKey, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/evaluations", tags=["evaluations"], route_class=ServiceRoute)

_STEP = problem_responses(404, 409, 412)


@router.get("")
async def list_evaluations(
    session: Session, principal: Anyone, wanted: Annotated[EvaluationFilter, Query()]
) -> Page[EvaluationOut | ResultOut]:
    """Published results for everybody; preliminary ones for those concerned."""
    keys: list[SortKey] = [Evaluation.year.desc(), Evaluation.id.desc()]
    query = evaluations_for(principal, wanted)
    return await paginate(session, query, keys=keys, params=wanted, item=shown_to(principal))


@router.get("/{evaluation_id}", responses=problem_responses(404))
async def read_evaluation(
    evaluation_id: UUID, session: Session, principal: Anyone, response: Response
) -> EvaluationFile | ResultOut:
    """A result; for those concerned with its decision, vetoes and exemptions."""
    shown = await show_evaluation(session, principal, evaluation_id)
    set_etag(response, shown.version)
    return shown


@router.get("/{evaluation_id}/score-sheets", responses=problem_responses(404))
async def list_sheets(evaluation_id: UUID, session: Session, principal: ScoreReader) -> SheetList:
    """Every score computed for the year with its whole lineage, newest first."""
    evaluation = await find_concerned(session, principal, evaluation_id)
    return SheetList(items=await sheets_of(session, evaluation.id))


@router.post("/{evaluation_id}/expert-scores", status_code=201, responses=_STEP)
async def enter_mark(
    evaluation_id: UUID, sent: ExpertMark, session: Session, principal: Scorer, runtime: RuntimeDep
) -> MarkOut:
    """Enter the mark for an expert indicator."""
    mark = await usecases.enter_mark(session, principal, runtime.editions, evaluation_id, sent)
    return MarkOut.model_validate(mark)


@router.post("/{evaluation_id}/vetoes", status_code=201, responses=_STEP)
async def record_veto(
    evaluation_id: UUID, sent: NewVeto, session: Session, principal: Officer, runtime: RuntimeDep
) -> VetoOut:
    """Record a fact that would make the year a fail."""
    veto = await usecases.record_veto(session, principal, runtime.editions, evaluation_id, sent)
    return VetoOut.model_validate(veto)


@router.post("/{evaluation_id}/vetoes/{veto_id}/decide", responses=_STEP)
async def decide_veto(
    evaluation_id: UUID,
    veto_id: UUID,
    sent: VetoDecision,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
) -> VetoOut:
    """A second person confirms or dismisses a veto."""
    veto = await usecases.decide_veto(session, principal, runtime.editions, evaluation_id, veto_id, sent)
    return VetoOut.model_validate(veto)


@router.post("/{evaluation_id}/exemptions", status_code=201, responses=_STEP)
async def propose_exemption(
    evaluation_id: UUID, sent: NewExemption, session: Session, principal: Officer, runtime: RuntimeDep
) -> ExemptionOut:
    """Propose an exemption from the year's evaluation."""
    found = await usecases.propose_exemption(session, principal, runtime.editions, evaluation_id, sent)
    return ExemptionOut.model_validate(found)


@router.post("/{evaluation_id}/exemptions/{exemption_id}/approve", responses=_STEP)
async def approve_exemption(
    evaluation_id: UUID,
    exemption_id: UUID,
    sent: ExemptionDecision,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
) -> ExemptionOut:
    """One bureau approves or refuses."""
    found = await usecases.approve_exemption(session, principal, runtime.editions, evaluation_id, exemption_id, sent)
    return ExemptionOut.model_validate(found)


@router.post("/{evaluation_id}/exemptions/{exemption_id}/countersign", responses=_STEP)
async def countersign_exemption(
    evaluation_id: UUID,
    exemption_id: UUID,
    sent: ExemptionDecision,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
) -> ExemptionOut:
    """The other bureau countersigns or refuses."""
    found = await usecases.countersign_exemption(
        session, principal, runtime.editions, evaluation_id, exemption_id, sent
    )
    return ExemptionOut.model_validate(found)


@router.post("/{evaluation_id}/publish", responses=_STEP)
async def publish_evaluation(
    evaluation_id: UUID,
    sent: SinglePublication,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> EvaluationFile | ResultOut:
    """Publish a centre that the year's publication left out."""
    await publish_one(session, principal, runtime.editions, evaluation_id, sent, if_match)
    await session.flush()
    shown = await show_evaluation(session, principal, evaluation_id)
    set_etag(response, shown.version)
    return shown
