"""A centre gives evidence for its evaluation, and takes it back."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import in_scope
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.cycles.publication import hold_cycle
from services.evaluation.documents.models import Document
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.evaluations.rules import CORRECTABLE, MARKABLE
from services.evaluation.evidence.models import Evidence
from services.evaluation.evidence.schemas import NewEvidence
from services.evaluation.refusals import require_known, require_status
from services.evaluation.rubrics.pinning import pinned_edition
from shared.auth.principal import Principal
from shared.errors import DomainError, not_found
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.policy.edition import Edition, Editions

KIND: Final = "evaluation"
"""The documents' kind of case."""


async def hold_own(
    session: AsyncSession, principal: Principal, evaluation_id: UUID
) -> tuple[EvaluationCycle, Evaluation]:
    """A centre's own evaluation, with its cycle kept in its state. Raises 404."""
    query = select(Evaluation).where(Evaluation.id == evaluation_id, in_scope(principal, Evaluation.centre_id))
    evaluation = await session.scalar(query)
    if evaluation is None:
        raise not_found("evaluation")
    return await hold_cycle(session, evaluation.cycle_id), evaluation


async def file_evidence(
    session: AsyncSession, principal: Principal, editions: Editions, evaluation_id: UUID, sent: NewEvidence
) -> Evidence:
    """Give a document for an indicator that wants evidence; during the public notice too, for an objection."""
    cycle, evaluation = await hold_own(session, principal, evaluation_id)
    require_status(cycle.status, CORRECTABLE)
    edition = await pinned_edition(session, editions, cycle.edition, cycle.rubric_id, cycle.year)
    require_known("indicator", [sent.indicator], wanted_indicators(edition))
    await _require_document(session, evaluation_id, sent.document_id)
    same = select(Evidence.id).where(
        Evidence.evaluation_id == evaluation_id,
        Evidence.indicator == sent.indicator,
        Evidence.document_id == sent.document_id,
        Evidence.status == "filed",
    )
    if await session.scalar(same) is not None:
        raise DomainError("evidence-exists", 409, params={"indicator": sent.indicator})
    evidence = Evidence(
        evaluation_id=evaluation_id,
        indicator=sent.indicator,
        document_id=sent.document_id,
        note=sent.note,
        status="filed",
        filed_on=principal.today,
        filed_by=principal.account_id,
    )
    session.add(evidence)
    await session.flush()
    await _tell(session, ec.EvidenceFiled, evaluation, evidence, EventContext.of(principal))
    return evidence


def wanted_indicators(edition: Edition) -> list[str]:
    """Indicators that the rubric wants evidence for."""
    return [indicator.id for indicator in edition.rubric.with_bonus if indicator.evidence]


async def _require_document(session: AsyncSession, evaluation_id: UUID, document_id: UUID) -> None:
    """The document lies with this very evaluation, and keeps lying there. Raises 404."""
    query = select(Document.id).where(
        Document.id == document_id,
        Document.subject_kind == KIND,
        Document.subject_id == evaluation_id,
        Document.removed_at.is_(None),
    )
    if await session.scalar(query.with_for_update(read=True)) is None:
        raise not_found("document")


async def withdraw_evidence(
    session: AsyncSession, principal: Principal, evaluation_id: UUID, evidence_id: UUID
) -> Evidence:
    """Take a piece back as long as experts mark; it stays readable as withdrawn. Raises 404, 409."""
    cycle, evaluation = await hold_own(session, principal, evaluation_id)
    require_status(cycle.status, MARKABLE)
    query = select(Evidence).where(Evidence.id == evidence_id, Evidence.evaluation_id == evaluation_id)
    evidence = await session.scalar(query.with_for_update())
    if evidence is None:
        raise not_found("evidence")
    require_status(evidence.status, ("filed",))
    evidence.status = "withdrawn"
    evidence.withdrawn_on, evidence.withdrawn_by = principal.today, principal.account_id
    await _tell(session, ec.EvidenceWithdrawn, evaluation, evidence, EventContext.of(principal))
    return evidence


async def _tell(
    session: AsyncSession,
    happened: EventType[ec.EvidenceState],
    evaluation: Evaluation,
    evidence: Evidence,
    context: EventContext,
) -> None:
    data = ec.EvidenceState(
        id=evidence.id,
        evaluation_id=evaluation.id,
        centre_id=evaluation.centre_id,
        year=evaluation.year,
        indicator=evidence.indicator,
        document_id=evidence.document_id,
        status=evidence.status,
        filed_on=evidence.filed_on,
        withdrawn_on=evidence.withdrawn_on,
    )
    rules = ("evaluation.rubric",)
    await outbox.append(session, happened, evidence, data, context=context, rules=rules, edition=evaluation.edition)
