"""Marking blind, standing aside, and what the marks come to."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.evaluations.models import ExpertScore
from services.evaluation.evaluations.rules import CORRECTABLE, MARKABLE
from services.evaluation.evaluations.telling import tell_mark
from services.evaluation.evaluations.usecases import Held, hold_evaluation, rescore
from services.evaluation.experts.drawing import fill, open_places
from services.evaluation.experts.models import Expert, ExpertAssignment
from services.evaluation.experts.queries import find_assignment, interests
from services.evaluation.experts.rules import (
    Agreement,
    Place,
    agree,
    decide_free_of_conflict,
    decide_mark_in_time,
    decide_spread,
)
from services.evaluation.experts.schemas import AssignedMark
from services.evaluation.experts.telling import tell_assignment
from services.evaluation.objections.models import Objection
from services.evaluation.projections import known_centre
from services.evaluation.refusals import require_passed, require_status
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.policy.edition import Editions


async def mark(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    assignment_id: UUID,
    sent: AssignedMark,
    if_match: str | None,
) -> ExpertAssignment:
    """Mark what one was assigned, once. The last mark of a round settles it, or calls a third expert (2.3-2)."""
    held, assignment = await _hold(session, principal, editions, assignment_id, if_match)
    if assignment.account_id != principal.account_id:
        raise not_found("expert_assignment")
    in_time = require_passed(decide_mark_in_time(held.edition, assignment.due_on, principal.today))
    free = await _require_free(session, held, assignment)
    assignment.status, assignment.marked_on = "marked", principal.today
    assignment.mark, assignment.evidence = sent.mark, sent.evidence
    context = EventContext.of(principal)
    applied = (*in_time.rules, *free)
    await tell_assignment(session, ec.AssignmentMarked, assignment, held.edition, context, applied)
    await session.flush()
    await _settle(session, editions, held, assignment, principal)
    return assignment


async def _hold(
    session: AsyncSession, principal: Principal, editions: Editions, assignment_id: UUID, if_match: str | None
) -> tuple[Held, ExpertAssignment]:
    """The task behind its evaluation, so that two experts who mark at once come one after the other. Raises 404."""
    known = (await find_assignment(session, principal, assignment_id))[0]
    allowed = MARKABLE if known.round == 1 else CORRECTABLE
    held = await hold_evaluation(session, editions, known.evaluation_id, allowed)
    locked = select(ExpertAssignment).where(ExpertAssignment.id == assignment_id).with_for_update()
    assignment = (await session.scalars(locked.execution_options(populate_existing=True))).one()
    honour_match(if_match, assignment.version)
    require_status(assignment.status, ("assigned",))
    return held, assignment


async def _require_free(session: AsyncSession, held: Held, assignment: ExpertAssignment) -> tuple[str, ...]:
    """A conflict declared since the draw: the expert stands aside instead of marking."""
    found = await interests(session, Expert.id == assignment.expert_id)
    if not found:
        raise not_found("expert")
    evaluation = held.evaluation
    now = await session.scalar(select(known_centre.c.operator_code).where(known_centre.c.id == evaluation.centre_id))
    operators = frozenset(code for code in (evaluation.operator_code, now) if code is not None)
    place = Place(evaluation.id, evaluation.no, evaluation.centre_id, operators, assignment.indicator)
    return require_passed(decide_free_of_conflict(held.edition, found[0], place)).rules


async def _settle(
    session: AsyncSession, editions: Editions, held: Held, last: ExpertAssignment, principal: Principal
) -> None:
    """Once all marks of the round are in: the agreed one counts, or a third expert is drawn."""
    assignment = ExpertAssignment
    given = (
        await session.scalars(
            select(assignment)
            .where(
                assignment.evaluation_id == last.evaluation_id,
                assignment.indicator == last.indicator,
                assignment.round == last.round,
                assignment.status == "marked",
            )
            .order_by(assignment.slot)
        )
    ).all()
    agreement = agree(held.edition, [found.mark for found in given], held.cycle.marks)
    if agreement.state == "third":
        open_ones = await open_places(session, held.cycle, held.edition, last.evaluation_id)
        open_ones.places = [place for place in open_ones.places if place.indicator == last.indicator]
        await fill(session, held.cycle, held.edition, open_ones, "third", EventContext.of(principal))
    elif agreement.state == "agreed":
        await _count(session, editions, held, given, agreement, principal)


async def _count(
    session: AsyncSession,
    editions: Editions,
    held: Held,
    given: Sequence[ExpertAssignment],
    agreement: Agreement,
    principal: Principal,
) -> None:
    """Write the agreed mark and score again; after an upheld objection its new sheet is linked."""
    agreed = ExpertScore(
        evaluation_id=held.evaluation.id,
        indicator=given[0].indicator,
        mark=agreement.mark,
        evidence="；".join(str(found.evidence) for found in given),
        marked_on=principal.today,
        marked_by=principal.account_id,
        round=given[0].round,
        spread=agreement.spread,
        agreed_from=[str(found.id) for found in given],
    )
    session.add(agreed)
    await session.flush()
    rules = decide_spread(held.edition, agreement).rules
    await tell_mark(session, held.evaluation, agreed, EventContext.of(principal), rules)
    await rescore(session, editions, held, principal)
    if given[0].objection_id is not None:
        objection = await session.get_one(Objection, given[0].objection_id, with_for_update=True)
        objection.sheet_after_id = held.evaluation.sheet_id


async def recuse(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    assignment_id: UUID,
    reason: str,
    if_match: str | None,
) -> ExpertAssignment:
    """An expert stands aside (回避); another is drawn at once, if anybody is left."""
    held, assignment = await _hold(session, principal, editions, assignment_id, if_match)
    if assignment.account_id != principal.account_id:
        raise not_found("expert_assignment")
    await _give_back(session, principal, held, assignment, "recused", reason)
    return assignment


async def release(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    assignment_id: UUID,
    reason: str,
    if_match: str | None,
) -> ExpertAssignment:
    """An officer takes back a task that is not marked yet; another expert is drawn at once, if anybody is left."""
    held, assignment = await _hold(session, principal, editions, assignment_id, if_match)
    await _give_back(session, principal, held, assignment, "released", reason)
    return assignment


async def _give_back(
    session: AsyncSession, principal: Principal, held: Held, assignment: ExpertAssignment, status: str, reason: str
) -> None:
    assignment.status, assignment.reason_code = status, reason
    assignment.ended_on, assignment.ended_by = principal.today, principal.account_id
    context, rules = EventContext.of(principal), ("evaluation.expert_conflict",)
    happened = ec.AssignmentRecused if status == "recused" else ec.AssignmentReleased
    await tell_assignment(session, happened, assignment, held.edition, context, rules)
    await session.flush()
    open_ones = await open_places(session, held.cycle, held.edition, held.evaluation.id)
    place = (assignment.indicator, assignment.round, assignment.slot)
    open_ones.places = [found for found in open_ones.places if (found.indicator, found.round, found.slot) == place]
    if open_ones.places:
        await fill(session, held.cycle, held.edition, open_ones, "replacement", context)
