"""A centre is declared to go on where another one left off: the years of both count together (2.3-5)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.delistings.bureaus import day_not_before, decide_as_other_bureau, recording_bureau
from services.evaluation.delistings.opening import open_cases
from services.evaluation.delistings.records.models import CentreSuccession
from services.evaluation.delistings.records.queries import APPROVED, predecessors_of, successors_of
from services.evaluation.delistings.records.schemas import Approval, NewSuccession, Rejection
from services.evaluation.delistings.usecases import Caller
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.projections import known_centre
from shared.errors import DomainError, not_found
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7

_RULES = ("delisting.succession",)


async def record_succession(caller: Caller, sent: NewSuccession) -> CentreSuccession:
    """Record a succession that the registrations do not show by themselves: another code, another name.

    Raises 404 for an unknown centre, 409 `succession-recorded`, `succession-circular`, `succession-too-early`.
    """
    session = caller.session
    locked = select(known_centre).where(known_centre.c.id.in_((sent.centre_id, sent.predecessor_id)))
    query = locked.order_by(known_centre.c.id).with_for_update()
    centres = {row.id: row for row in await session.execute(query)}
    if len(centres) < 2:
        raise DomainError("succession-circular", 409) if sent.centre_id == sent.predecessor_id else not_found("centre")
    await _require_possible(session, sent)
    left = centres[sent.predecessor_id].withdrawn_on or centres[sent.predecessor_id].delisted_on
    if left is None:
        raise DomainError("succession-too-early", 409, params={"no": centres[sent.predecessor_id].no})
    day = day_not_before(caller.principal, sent.recorded_on, left)
    edition = caller.editions.for_evaluation_year(day.year)
    succession = CentreSuccession(
        id=uuid7(),
        no=await next_case_no(session, "SU", day.year),
        version=0,
        edition=edition.id,
        status="proposed",
        recorded_by=caller.principal.account_id,
        recorded_bureau=recording_bureau(caller.principal, edition),
        recorded_on=day,
        **sent.model_dump(exclude={"recorded_on"}),
    )
    session.add(succession)
    await session.flush()
    await _tell(session, ec.SuccessionProposed, succession, EventContext.of(caller.principal, day))
    return succession


async def approve_succession(caller: Caller, succession_id: UUID, sent: Approval) -> CentreSuccession:
    """The predecessor's years count from now on; a preliminary fail that they complete opens its case."""
    succession = await _open(caller, succession_id)
    edition = caller.editions.get(succession.edition)
    decide_as_other_bureau(succession, caller.principal, edition, sent.decided_on)
    assert succession.decided_on is not None
    succession.status = APPROVED
    context = EventContext.of(caller.principal, succession.decided_on)
    await _tell(caller.session, ec.SuccessionApproved, succession, context)
    await caller.session.flush()
    concerned = [succession.centre_id, *await successors_of(caller.session, succession.centre_id)]
    await open_cases(caller.session, caller.editions, Evaluation.centre_id.in_(concerned), context)
    return succession


async def reject_succession(caller: Caller, succession_id: UUID, sent: Rejection) -> CentreSuccession:
    """The centre's own years count, and no others."""
    succession = await _open(caller, succession_id)
    edition = caller.editions.get(succession.edition)
    decide_as_other_bureau(succession, caller.principal, edition, sent.decided_on)
    assert succession.decided_on is not None
    succession.status, succession.reason_code = "rejected", sent.reason_code
    context = EventContext.of(caller.principal, succession.decided_on)
    await _tell(caller.session, ec.SuccessionRejected, succession, context)
    return succession


async def _require_possible(session: AsyncSession, sent: NewSuccession) -> None:
    known = select(CentreSuccession.no).where(
        CentreSuccession.centre_id == sent.centre_id, CentreSuccession.status != "rejected"
    )
    if (no := await session.scalar(known)) is not None:
        raise DomainError("succession-recorded", 409, params={"no": no})
    before = await predecessors_of(session, [sent.predecessor_id])
    if sent.centre_id in before.values():
        raise DomainError("succession-circular", 409)


async def _open(caller: Caller, succession_id: UUID) -> CentreSuccession:
    query = select(CentreSuccession).where(CentreSuccession.id == succession_id).with_for_update()
    succession: CentreSuccession | None = await caller.session.scalar(query.execution_options(populate_existing=True))
    if succession is None:
        raise not_found("centre-succession")
    honour_match(caller.if_match, succession.version)
    return succession


async def _tell(
    session: AsyncSession,
    event_type: EventType[ec.SuccessionState],
    succession: CentreSuccession,
    context: EventContext,
) -> None:
    state = ec.SuccessionState.model_validate(succession, from_attributes=True)
    await outbox.append(
        session, event_type, succession, state, context=context, rules=_RULES, edition=succession.edition
    )
