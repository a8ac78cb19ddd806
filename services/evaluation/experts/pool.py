"""The pool: experts apply with their own account, officers appoint them; conflicts of interest are declared."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.centres import await_centre
from services.evaluation.experts.models import Expert, ExpertAssignment, ExpertConflict
from services.evaluation.experts.queries import find_expert
from services.evaluation.experts.schemas import NewConflict, NewExpert
from services.evaluation.experts.telling import tell_assignment, tell_conflict, tell_expert
from services.evaluation.refusals import require_known, require_status
from shared.auth.principal import Principal
from shared.errors import DomainError, four_eyes_required, not_found
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.policy.edition import Edition, Editions


def _edition(editions: Editions, principal: Principal) -> Edition:
    """The pool outlives editions: it goes by the one of the day, or the closest. Raises 409 without any."""
    edition = editions.closest_to(principal.today)
    if edition is None:
        raise DomainError("policy-not-in-force", 409, params={"day": principal.today})
    return edition


async def apply(session: AsyncSession, principal: Principal, editions: Editions, sent: NewExpert) -> Expert:
    """Ask to be taken into the pool, with the organisation one works for and every conflict one knows of."""
    edition = _edition(editions, principal)
    mine = select(Expert.id).where(Expert.account_id == principal.account_id, Expert.status != "ended")
    if await session.scalar(mine) is not None:
        raise DomainError("expert-exists", 409)
    expert = Expert(
        account_id=principal.account_id,
        org=sent.org or principal.org,
        status="applied",
        version=0,
        applied_on=principal.today,
    )
    session.add(expert)
    await session.flush()
    context = EventContext.of(principal)
    await tell_expert(session, ec.ExpertApplied, expert, edition, context)
    for conflict in sent.conflicts:
        await _declare(session, principal, edition, expert, conflict)
    return expert


async def appoint(
    session: AsyncSession, principal: Principal, editions: Editions, expert_id: UUID, if_match: str | None
) -> Expert:
    """An officer takes somebody into the pool."""
    expert = await find_expert(session, principal, expert_id, lock=True)
    honour_match(if_match, expert.version)
    require_status(expert.status, ("applied",))
    if expert.account_id == principal.account_id:
        raise four_eyes_required()
    expert.status = "appointed"
    expert.decided_on, expert.decided_by = principal.today, principal.account_id
    await tell_expert(session, ec.ExpertAppointed, expert, _edition(editions, principal), EventContext.of(principal))
    return expert


async def end(
    session: AsyncSession, principal: Principal, editions: Editions, expert_id: UUID, reason: str, if_match: str | None
) -> Expert:
    """Turn an application down, or let somebody go: what is not marked yet is given back for the next draw."""
    expert = await find_expert(session, principal, expert_id, lock=True)
    honour_match(if_match, expert.version)
    require_status(expert.status, ("applied", "appointed"))
    if expert.account_id == principal.account_id:
        raise four_eyes_required()
    expert.status, expert.reason_code = "ended", reason
    expert.decided_on, expert.decided_by = principal.today, principal.account_id
    edition, context = _edition(editions, principal), EventContext.of(principal)
    await tell_expert(session, ec.ExpertEnded, expert, edition, context)
    assignment = ExpertAssignment
    given = select(assignment).where(assignment.expert_id == expert.id, assignment.status == "assigned")
    for task in await session.scalars(given.order_by(assignment.id).with_for_update()):
        task.status, task.reason_code = "released", "expert_left"
        task.ended_on, task.ended_by = principal.today, principal.account_id
        await tell_assignment(session, ec.AssignmentReleased, task, edition, context, ("evaluation.expert_pool",))
    return expert


async def declare_conflict(
    session: AsyncSession, principal: Principal, editions: Editions, expert_id: UUID, sent: NewConflict
) -> Expert:
    """By the expert, or by an officer who learnt of it; it holds at once."""
    if sent.centre_id is not None:
        await await_centre(session, sent.centre_id)
    expert = await find_expert(session, principal, expert_id, lock=True)
    require_status(expert.status, ("applied", "appointed"))
    await _declare(session, principal, _edition(editions, principal), expert, sent)
    return expert


async def _declare(
    session: AsyncSession, principal: Principal, edition: Edition, expert: Expert, sent: NewConflict
) -> None:
    require_known("kind", [sent.kind], edition.evaluation_cycle.conflict_kinds)
    conflict = ExpertConflict(
        expert_id=expert.id,
        kind=sent.kind,
        centre_id=sent.centre_id,
        org=sent.org,
        declared_on=principal.today,
        declared_by=principal.account_id,
    )
    session.add(conflict)
    await session.flush()
    context = EventContext.of(principal)
    await tell_conflict(session, ec.ExpertConflictDeclared, expert, conflict, edition, context)


async def end_conflict(
    session: AsyncSession, principal: Principal, editions: Editions, expert_id: UUID, conflict_id: UUID, reason: str
) -> Expert:
    """An officer who did not declare it finds that a conflict no longer stands."""
    expert = await find_expert(session, principal, expert_id, lock=True)
    query = select(ExpertConflict).where(ExpertConflict.id == conflict_id, ExpertConflict.expert_id == expert.id)
    conflict = await session.scalar(query.with_for_update())
    if conflict is None:
        raise not_found("expert_conflict")
    if conflict.ended_on is not None:
        raise DomainError("conflict-over", 409)
    if principal.account_id in (conflict.declared_by, expert.account_id):
        raise four_eyes_required()
    conflict.ended_on, conflict.ended_by, conflict.reason_code = principal.today, principal.account_id, reason
    edition = _edition(editions, principal)
    await tell_conflict(session, ec.ExpertConflictEnded, expert, conflict, edition, EventContext.of(principal))
    return expert
