"""Reminding participants that have not confirmed a published delisting, or an order on one: nothing may get lost.

A decision that an order suspends is not reminded of: the order is, and it carries the decision."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.delistings.confirmations import decided_data
from services.evaluation.delistings.models import DelistingCase, DelistingParticipant
from services.evaluation.delistings.remedies.confirmations import remind_late_orders
from services.evaluation.delistings.rules import PUBLISHED
from services.evaluation.settings import EvaluationSettings
from shared.clock import utcnow
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.runtime import Runtime

ACTOR: Final = "service:evaluation"
BATCH: Final = 100
LONGEST_PATIENCE: Final = timedelta(minutes=5)


async def watch_delistings(runtime: Runtime) -> None:
    """Look after published cases for ever, in the elected process."""
    settings = EvaluationSettings()
    patience = timedelta(seconds=settings.delisting_patience_seconds)
    while True:
        while await remind_late(runtime, patience) == BATCH:
            pass
        await asyncio.sleep(settings.delisting_watchdog_seconds)


async def remind_late(runtime: Runtime, patience: timedelta) -> int:
    """Remind the late participants of the cases and orders whose time has come; returns how many in the larger half."""
    cases = await runtime.db.run(lambda session: _remind(session, patience))
    return max(cases, await runtime.db.run(lambda session: remind_late_orders(session, patience)))


async def _remind(session: AsyncSession, patience: timedelta) -> int:
    now = utcnow()
    query = (
        select(DelistingCase)
        .where(
            DelistingCase.status == PUBLISHED,
            DelistingCase.stayed_on.is_(None),
            func.coalesce(DelistingCase.remind_at, DelistingCase.published_at + patience) <= now,
        )
        .order_by(DelistingCase.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    cases = (await session.scalars(query)).all()
    late = await _late(session, [case.id for case in cases])
    for case in cases:
        case.reminders += 1
        case.remind_at = now + min(patience * 2 ** min(case.reminders, 16), LONGEST_PATIENCE)
        data = ec.DelistingRemindedData(**decided_data(case).model_dump(), late=tuple(late[case.id]))
        await outbox.append(
            session,
            ec.DelistingReminded,
            case,
            data,
            context=_context(case),
            rules=("delisting.confirmations",),
            edition=case.edition,
        )
    return len(cases)


def _context(case: DelistingCase) -> EventContext:
    assert case.published_on is not None
    return EventContext(ACTOR, case.published_on, case.correlation_id or str(case.id), simulated=case.simulated)


async def _late(session: AsyncSession, cases: Sequence[UUID]) -> dict[UUID, list[str]]:
    participant = DelistingParticipant
    rows = await session.execute(
        select(participant.case_id, participant.service)
        .where(participant.case_id.in_(cases), participant.confirmed_at.is_(None))
        .order_by(participant.case_id, participant.service)
    )
    found: dict[UUID, list[str]] = {case: [] for case in cases}
    for row in rows:
        found[row.case_id].append(row.service)
    return found
