"""Events that could not be applied: which there are, and applying them again in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database
from shared.events.apply import lock_cursor, run_handlers
from shared.events.consumer import Consumers
from shared.events.envelope import SequencedEvent
from shared.kernel_tables import parked_event

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parked:
    """A parked event, why it was parked, and behind which other event if only for order's sake."""

    event: SequencedEvent
    aggregate_id: UUID
    error: str
    behind: UUID | None
    parked_at: datetime


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of a parked event; `error` is None if it was applied."""

    event: SequencedEvent
    error: str | None


async def list_parked(db: Database, topic: str | None = None) -> list[Parked]:
    """Parked events not yet applied, in the order in which they must be retried."""
    query = (
        select(parked_event)
        .where(parked_event.c.applied_at.is_(None))
        .order_by(parked_event.c.topic, parked_event.c.position)
    )
    if topic is not None:
        query = query.where(parked_event.c.topic == topic)
    async with db.transaction() as session:
        rows = (await session.execute(query)).all()
    return [
        Parked(
            SequencedEvent(row.topic, row.epoch, row.position, row.hash, row.event_id, row.attributes, row.data),
            row.aggregate_id,
            row.error,
            row.behind,
            row.parked_at,
        )
        for row in rows
    ]


async def retry(db: Database, consumers: Consumers, topic: str | None = None) -> Sequence[Retried]:
    """Apply parked events again, each in its own transaction, in order; an aggregate stops at its first failure."""
    results: list[Retried] = []
    failed: set[tuple[str, UUID]] = set()
    for parked in await list_parked(db, topic):
        key = (parked.event.topic, parked.aggregate_id)
        if key in failed:
            results.append(Retried(parked.event, "an earlier event of the aggregate failed"))
            continue
        try:
            async with db.transaction() as session:
                await _apply_parked(session, consumers, parked.event)
        except Exception as error:
            failed.add(key)
            log.warning("parked-event-failed-again", topic=parked.event.topic, id=str(parked.event.id), exc_info=error)
            results.append(Retried(parked.event, repr(error)))
        else:
            results.append(Retried(parked.event, None))
    return results


async def _apply_parked(session: AsyncSession, consumers: Consumers, event: SequencedEvent) -> None:
    """Under the cursor's lock, so that the running consumer cannot overtake; once only."""
    await lock_cursor(session, event.topic)
    claimed = await session.execute(
        update(parked_event)
        .where(parked_event.c.event_id == event.id, parked_event.c.applied_at.is_(None))
        .values(applied_at=func.now())
        .returning(parked_event.c.event_id)
    )
    if claimed.one_or_none() is not None:
        await run_handlers(session, consumers, event)
