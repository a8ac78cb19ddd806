"""Asking for publication, of a whole year or of one centre that was left out."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.cycles import rules
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.cycles.publication import (
    Publication,
    complete_cycle,
    hold_cycle,
    publish_centre,
)
from services.evaluation.cycles.queries import find_cycle, unpublished_left
from services.evaluation.cycles.schemas import PublicationRequest
from services.evaluation.cycles.telling import tell_cycle
from services.evaluation.delistings.opening import open_cases
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.evaluations.schemas import SinglePublication
from services.evaluation.operations.asking import ask
from services.evaluation.operations.models import Operation
from services.evaluation.refusals import require_passed, require_status
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, four_eyes_required, not_found
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.policy.decision import combine
from shared.policy.edition import Editions
from shared.runtime import Runtime


async def request_publication(
    session: AsyncSession,
    principal: Principal,
    runtime: Runtime,
    cycle_id: UUID,
    sent: PublicationRequest,
    if_match: str | None,
) -> Operation:
    """Publish a countersigned year under its document. Asked again, it answers the work under way, or publishes the
    centres that were left out before."""
    cycle = await find_cycle(session, cycle_id, lock=True)
    repeated = await _repeated(session, cycle, sent)
    if repeated is not None:
        return repeated
    honour_match(if_match, cycle.version)
    require_status(cycle.status, rules.PUBLISHABLE)
    _refuse_scorer(principal, cycle)
    day = effective_date(principal, sent.published_on)
    basis, applied = await _require_publishable(session, runtime.editions, cycle, day, sent.continuation_basis)
    cycle.status, cycle.continuation_basis = "publishing", basis
    if cycle.published_on is None:
        await _refuse_used_number(session, sent.document_no)
        cycle.document_no = sent.document_no
        cycle.published_on, cycle.published_by = day, principal.account_id
    await session.flush()
    context = EventContext.of(principal, day)
    await open_cases(session, runtime.editions, Evaluation.cycle_id == cycle.id, context)
    left = await unpublished_left(session, cycle.id)
    operation = await ask(session, runtime.db, "publish", cycle.id, left, context)
    cycle.operation_id = operation.id
    await tell_cycle(session, ec.CyclePublicationBegun, cycle, context, applied)
    return operation


async def _repeated(session: AsyncSession, cycle: EvaluationCycle, sent: PublicationRequest) -> Operation | None:
    """The publication that was asked for before, unless it has left centres out that may be tried again.

    Raises 409 `published-under-another-document`: a year has one document.
    """
    if cycle.document_no is None or cycle.operation_id is None:
        return None
    if cycle.document_no != sent.document_no:
        raise DomainError("published-under-another-document", 409, params={"document_no": cycle.document_no})
    operation = await session.get_one(Operation, cycle.operation_id)
    return operation if operation.status == "running" or cycle.status == "published" else None


async def _refuse_used_number(session: AsyncSession, document_no: str) -> None:
    year = await session.scalar(select(EvaluationCycle.year).where(EvaluationCycle.document_no == document_no))
    if year is not None:
        raise DomainError("document-no-used", 409, params={"document_no": document_no, "year": year})


async def publish_one(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    evaluation_id: UUID,
    sent: SinglePublication,
    if_match: str | None,
) -> Evaluation:
    """Publish a centre that the year's publication left out, once its case is complete; the last completes the year.
    After the edition's end it may rest on another document than the year did.

    Raises 409 `prior-procedure-incomplete` as long as a step is missing.
    """
    known = await session.get(Evaluation, evaluation_id)
    if known is None:
        raise not_found("evaluation")
    honour_match(if_match, known.version)
    cycle = await hold_cycle(session, known.cycle_id, exclusive=True)
    if known.status != "published":
        require_status(cycle.status, ("publishing",))
    _refuse_scorer(principal, cycle)
    day = effective_date(principal, sent.published_on)
    basis, _ = await _require_publishable(session, editions, cycle, day, sent.continuation_basis)
    cycle.continuation_basis = cycle.continuation_basis or basis
    publication = Publication(editions, cycle, day, EventContext.of(principal, day), basis)
    evaluation = await publish_centre(session, publication, evaluation_id)
    await complete_cycle(session, publication)
    return evaluation


def _refuse_scorer(principal: Principal, cycle: EvaluationCycle) -> None:
    if principal.account_id in (cycle.scored_by, cycle.announced_by):
        raise four_eyes_required()


async def _require_publishable(
    session: AsyncSession, editions: Editions, cycle: EvaluationCycle, day: date, basis: str | None
) -> tuple[str | None, tuple[str, ...]]:
    """2.3-4, 6-1: the notice is over, and fails after the edition's end name what they continue under: the document
    sent, the one the year was published under before, or that of the edition in force. Answers it, and the rules."""
    edition = editions.get(cycle.edition)
    assert cycle.notice_until is not None
    notice_over = require_passed(rules.decide_notice_over(edition, cycle.notice_until, day))
    earliest = cycle.published_on or cycle.countersigned_on
    if earliest is not None and day < earliest:
        raise DomainError("date-before-step", 409, params={"day": day, "earliest": earliest})
    query = select(func.count()).where(
        Evaluation.cycle_id == cycle.id,
        Evaluation.failing,
        Evaluation.status != "published",
    )
    fails = (await session.execute(query)).scalar_one()
    known = basis or cycle.continuation_basis or editions.continuation_basis(edition, day)
    adverse = require_passed(rules.decide_adverse_publication(edition, fails, day, known))
    return known, combine(notice_over, adverse).rules
