"""`/v1/evaluations/{id}/evidence`: documents given for indicators (2.3-2)."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from services.evaluation.access import Operator, ScoreReader
from services.evaluation.cycles.queries import find_cycle
from services.evaluation.evidence import usecases
from services.evaluation.evidence.queries import evidence_of, find_file, show_evidence
from services.evaluation.evidence.schemas import EvidenceList, EvidenceOut, NewEvidence
from services.evaluation.rubrics.pinning import pinned_edition
from shared.db import Session
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/evaluations/{evaluation_id}/evidence", tags=["evaluations"], route_class=ServiceRoute)


@router.get("", responses=problem_responses(404))
async def list_evidence(
    evaluation_id: UUID, session: Session, principal: ScoreReader, runtime: RuntimeDep
) -> EvidenceList:
    """What was given for which indicator, and which of them still want evidence."""
    evaluation = await find_file(session, principal, evaluation_id)
    cycle = await find_cycle(session, evaluation.cycle_id)
    edition = await pinned_edition(session, runtime.editions, cycle.edition, cycle.rubric_id, cycle.year)
    items = await evidence_of(session, evaluation.id)
    wanted = usecases.wanted_indicators(edition)
    given = {item.indicator for item in items if item.status == "filed" and not item.document_removed}
    return EvidenceList(items=items, wanted=wanted, missing=[name for name in wanted if name not in given])


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def file_evidence(
    evaluation_id: UUID, sent: NewEvidence, session: Session, principal: Operator, runtime: RuntimeDep
) -> EvidenceOut:
    """Give a document of the evaluation for an indicator."""
    evidence = await usecases.file_evidence(session, principal, runtime.editions, evaluation_id, sent)
    return await show_evidence(session, evidence.id)


@router.post("/{evidence_id}/withdraw", responses=problem_responses(404, 409))
async def withdraw_evidence(
    evaluation_id: UUID, evidence_id: UUID, session: Session, principal: Operator
) -> EvidenceOut:
    """Take a piece of evidence back."""
    evidence = await usecases.withdraw_evidence(session, principal, evaluation_id, evidence_id)
    await session.flush()
    return await show_evidence(session, evidence.id)
