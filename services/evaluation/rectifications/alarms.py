"""Raising the alarm about orders whose term has passed: once a term, whoever looks how often (2.3-4)."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.rectifications.models import Rectification
from services.evaluation.rectifications.proposals import items_of
from services.evaluation.rectifications.rules import OPEN
from services.evaluation.rectifications.telling import RULES, state_of
from services.evaluation.settings import EvaluationSettings
from shared.clock import business_today
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.ids import uuid7
from shared.runtime import Runtime

ACTOR: Final = "service:evaluation"
BATCH: Final = 200


async def watch_rectifications(runtime: Runtime) -> None:
    """Look for terms that have passed for ever, in the elected process. Under a simulated clock days pass only in
    requests, so there is no day to look on."""
    settings = EvaluationSettings()
    while True:
        if runtime.settings.business_clock == "real":
            await raise_alarms(runtime, business_today())
        await asyncio.sleep(settings.rectification_alarm_seconds)


async def raise_alarms(runtime: Runtime, today: date) -> int:
    """Tell of every order that is overdue on the day and was not told of for this term; returns how many."""
    total = 0
    while told := await runtime.db.run(lambda session: _raise(session, runtime, today)):
        total += told
    return total


async def _raise(session: AsyncSession, runtime: Runtime, today: date) -> int:
    """The next batch: the mark and the event are written together. One that somebody works on is left for the next
    round, when it may have been accepted."""
    order = Rectification
    late = (
        select(order.id)
        .where(
            order.status.in_(OPEN),
            order.served_on.is_not(None),
            order.extension_requested_on.is_(None),
            order.due_on < today,
            order.overdue_told_for.is_distinct_from(order.due_on),
        )
        .order_by(order.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    chosen = list(await session.scalars(late))
    if not chosen:
        return 0
    marked = (
        update(order)
        .where(order.id.in_(chosen))
        .values(overdue_told_for=order.due_on, version=order.version + 1, updated_at=func.now())
        .returning(order)
        .execution_options(populate_existing=True, synchronize_session=False)
    )
    orders = sorted(await session.scalars(marked), key=lambda found: found.id)
    items = await items_of(session, chosen)
    context = EventContext(ACTOR, today, str(uuid7()), simulated=runtime.settings.business_clock == "simulated")
    for edition in sorted({found.edition for found in orders}):
        rows = [(one.id, one.version, state_of(one, items[one.id])) for one in orders if one.edition == edition]
        await outbox.append_many(session, ec.RectificationOverdue, rows, context=context, rules=RULES, edition=edition)
    return len(orders)
