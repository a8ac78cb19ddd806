"""Collecting the participants' confirmations of orders, as those of the decision itself are collected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.delistings.models import DelistingCase
from services.evaluation.delistings.opening import state_of
from services.evaluation.delistings.remedies import rules
from services.evaluation.delistings.remedies.models import DelistingRemedy, RemedyParticipant
from services.evaluation.delistings.remedies.telling import RULES, effective_data, remedy_state, tell_effect
from shared.clock import utcnow
from shared.events import outbox
from shared.events.consumer import Received
from shared.events.contracts import evaluation as ec, finance as fc, registry as rc, vouchers as vc
from shared.events.outbox import EventContext
from shared.logging import get_logger

Applied: TypeAlias = rc.CentreRemedyData | fc.RemedyAppliedData | vc.RemedyAppliedData

TITLES_NOT_RESTORED = "expected-titles-not-restored"
TITLES_LEFT = "active-municipal-titles-left"
ACTOR = "service:evaluation"
BATCH = 100
LONGEST_PATIENCE = timedelta(minutes=5)
_STATE = set(rc.CentreState.model_fields) | {"case_id", "centre_id"}

log = get_logger(__name__)


async def confirm_orders(session: AsyncSession, service: str, events: Sequence[Received[Any]]) -> None:
    """Record what the service says it did about orders, and complete those that everybody has followed.

    The cases are locked first, in one order. A repeated confirmation changes nothing; one that does not count leaves
    its reason and the participant late.
    """
    query = select(DelistingCase).where(DelistingCase.id.in_({event.data.case_id for event in events}))
    locked = query.order_by(DelistingCase.id).with_for_update().execution_options(populate_existing=True)
    cases = {case.id: case for case in await session.scalars(locked)}
    for event in events:
        remedy = await session.get(DelistingRemedy, event.data.remedy_id, populate_existing=True)
        if remedy is None or remedy.case_id not in cases:
            log.warning("confirmation-of-unknown-order", remedy_id=str(event.data.remedy_id))
            continue
        await _confirm(session, cases[remedy.case_id], remedy, service, event)


async def _confirm(
    session: AsyncSession, case: DelistingCase, remedy: DelistingRemedy, service: str, event: Received[Any]
) -> None:
    row = await session.get(RemedyParticipant, (remedy.id, service), populate_existing=True)
    if row is None or row.confirmed_at is not None:
        return
    row.problem = None if await _superseded(session, remedy) else _problem(remedy, event.data)
    row.event_id, row.event_type, row.position = event.id, event.type, event.position
    row.rules, row.details = list(event.rules), event.data.model_dump(mode="json", exclude=_STATE)
    if row.problem is None:
        row.acted_at, row.confirmed_at = event.time, utcnow()
    context = EventContext.caused_by(event)
    data = ec.DelistingRemedyAnsweredData(
        **state_of(case).model_dump(),
        remedy=remedy_state(remedy),
        service=service,
        confirmed=row.problem is None,
        problem=row.problem,
        event_id=event.id,
    )
    await outbox.append(
        session, ec.DelistingRemedyAnswered, case, data, context=context, rules=RULES, edition=case.edition
    )
    await session.flush()
    if remedy.status == rules.ORDERED and not await late_of(session, remedy.id):
        remedy.status, remedy.completed_at = rules.DONE, utcnow()
        await session.flush()
        await tell_effect(session, ec.DelistingRemedyCompleted, case, remedy, context)


async def _superseded(session: AsyncSession, remedy: DelistingRemedy) -> bool:
    """Another order took effect since: what stands now is what that one wants."""
    later = select(DelistingRemedy.id).where(
        DelistingRemedy.case_id == remedy.case_id,
        DelistingRemedy.ordinal > remedy.ordinal,
        DelistingRemedy.status.in_(rules.APPROVED),
    )
    return await session.scalar(later.limit(1)) is not None


def _problem(remedy: DelistingRemedy, data: Applied) -> str | None:
    """Expected against done: a stay or reversal accounts for every title revoked, a lift leaves none."""
    if not isinstance(data, rc.CentreRemedyData):
        return None
    if remedy.kind == rules.LIFT:
        return TITLES_LEFT if data.active_municipal_titles_left else None
    accounted = {*data.restored_from_ids, *data.lapsed_qualification_ids}
    return None if set(remedy.expected_title_ids or ()) <= accounted else TITLES_NOT_RESTORED


async def late_of(session: AsyncSession, remedy_id: UUID) -> list[str]:
    """The participants that have not confirmed the order."""
    query = select(RemedyParticipant.service).where(
        RemedyParticipant.remedy_id == remedy_id, RemedyParticipant.confirmed_at.is_(None)
    )
    return list(await session.scalars(query.order_by(RemedyParticipant.service)))


async def remind_late_orders(session: AsyncSession, patience: timedelta) -> int:
    """Remind the late participants of the orders whose time has come; returns how many orders.

    A case is locked before its orders, as everywhere; what somebody else works on is left for the next round.
    """
    now = utcnow()
    due = (
        select(DelistingCase, DelistingRemedy)
        .join(DelistingRemedy, DelistingRemedy.case_id == DelistingCase.id)
        .where(
            DelistingRemedy.status == rules.ORDERED,
            func.coalesce(DelistingRemedy.remind_at, DelistingRemedy.approved_at + patience) <= now,
        )
        .order_by(DelistingCase.id, DelistingRemedy.ordinal)
        .limit(BATCH)
        .with_for_update(of=DelistingCase, skip_locked=True)
    )
    rows = (await session.execute(due)).all()
    for case, remedy in rows:
        remedy.reminders += 1
        remedy.remind_at = now + min(patience * 2 ** min(remedy.reminders, 16), LONGEST_PATIENCE)
        told = await effective_data(session, case, remedy)
        late = tuple(await late_of(session, remedy.id))
        data = ec.DelistingRemedyRemindedData(**told.model_dump(), late=late)
        correlation = remedy.correlation_id or str(case.id)
        context = EventContext(ACTOR, remedy.effective_on, correlation, simulated=remedy.simulated)
        await outbox.append(
            session, ec.DelistingRemedyReminded, case, data, context=context, rules=RULES, edition=case.edition
        )
    return len(rows)
