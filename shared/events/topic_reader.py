"""Bringing one topic's events to one service's handlers, whether they came by broker or by feed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from time import monotonic

import structlog
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database
from shared.events import metrics, points
from shared.events.apply import (
    Cursor,
    Gap,
    TopicForked,
    apply,
    due,
    lock_cursor,
    move_cursor,
    park,
    read_cursor,
    run_projections,
)
from shared.events.consumer import Consumers
from shared.events.envelope import SequencedEvent
from shared.events.failures import is_transient
from shared.events.feed_client import FeedClient
from shared.kernel_tables import event_attempt

log = structlog.get_logger(__name__)

BATCH = 100
ATTEMPTS = 5
BACKOFF_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class TopicReader:
    """Keeps one service's cursor of one topic moving. One caller at a time (a lock sees to it)."""

    def __init__(self, db: Database, consumers: Consumers, feed: FeedClient, topic: str) -> None:
        self._db = db
        self._consumers = consumers
        self._feed = feed
        self._lock = asyncio.Lock()
        self.topic = topic
        self.forked: TopicForked | None = None
        self.position = 0
        self.head = 0
        self.checked_at = 0.0
        self._epoch = 0

    async def take(self, events: Sequence[SequencedEvent]) -> bool:
        """Apply what the broker delivered, filling gaps from the feed; blocks until it is done.

        False: forked, do not acknowledge.
        """
        async with self._lock:
            attempt = 0
            while (done := await self._guarded(events)) is None:
                await asyncio.sleep(BACKOFF_SECONDS[min(attempt, len(BACKOFF_SECONDS) - 1)])
                attempt += 1
            return done

    async def catch_up(self) -> bool:
        """Ask the producer once for what this service has not applied and apply it. False: ask again later, or forked.

        It does not wait for a producer that is away: what the broker brings can be applied without it.
        """
        async with self._lock:
            return bool(await self._guarded(()))

    async def _guarded(self, events: Sequence[SequencedEvent]) -> bool | None:
        """True: done. False: forked. None: something that passes is in the way."""
        if self.forked is not None:
            return False
        try:
            if events:
                await self._take(events)
            else:
                await self._catch_up()
        except TopicForked as fork:
            self.forked = fork
            metrics.FORKED.labels(self._consumers.service, self.topic).set(1)
            log.critical("topic-forked", topic=self.topic, position=fork.position, reason=fork.reason)
            return False
        except Exception as error:
            metrics.BLOCKED.labels(self._consumers.service, self.topic).set(1)
            if not is_transient(error):
                raise
            log.warning("consumer-blocked", topic=self.topic, error=repr(error))
            return None
        metrics.BLOCKED.labels(self._consumers.service, self.topic).set(0)
        metrics.FORKED.labels(self._consumers.service, self.topic).set(0)
        return True

    async def _take(self, events: Sequence[SequencedEvent]) -> None:
        """A message that does not fit proves nothing but that the broker had it: the producer's log decides."""
        last = max(event.position for event in events)
        for start in range(0, len(events), BATCH):
            try:
                await self._apply(events[start : start + BATCH])
            except (Gap, TopicForked) as misfit:
                log.info("not-the-next", topic=self.topic, detail=str(misfit))
                await self._catch_up()
        if self.position < last:
            await self._catch_up()

    async def _catch_up(self) -> None:
        async with self._db.transaction() as session:
            cursor = await read_cursor(session, self.topic)
        self.position = cursor.position
        while True:
            page = await self._feed.read(self.topic, cursor.position)
            self.head, self.checked_at, self._epoch = page.head, monotonic(), page.epoch
            if cursor.position > 0:
                if page.head < cursor.position or page.after_hash is None:
                    raise TopicForked(self.topic, cursor.position, f"the producer's head is {page.head}")
                if page.epoch != cursor.epoch:
                    raise TopicForked(self.topic, cursor.position, f"epoch {page.epoch}, expected {cursor.epoch}")
                if page.after_hash != cursor.hash:
                    raise TopicForked(self.topic, cursor.position, "another event at the cursor")
            if not page.events:
                return
            for start in range(0, len(page.events), BATCH):
                try:
                    await self._apply(page.events[start : start + BATCH])
                except Gap as hole:
                    raise TopicForked(self.topic, self.position + 1, f"the producer's log has a hole: {hole}") from hole
            async with self._db.transaction() as session:
                cursor = await read_cursor(session, self.topic)

    async def _apply(self, events: Sequence[SequencedEvent]) -> None:
        """Apply a batch in one transaction; if a handler fails, one by one."""
        try:
            await self._db.run(lambda session: self._apply_in(session, events))
        except (Gap, TopicForked):
            raise
        except Exception as error:
            if is_transient(error):
                raise
            log.warning("batch-failed", topic=self.topic, events=len(events), error=repr(error))
            for event in events:
                await self._apply_singly(event)
        metrics.POSITION.labels(self._consumers.service, self.topic).set(self.position)

    async def _lock_cursor(self, session: AsyncSession) -> Cursor:
        """The locked cursor; a new one accepts the log as its producer has it now, whatever its epochs."""
        cursor = await lock_cursor(session, self.topic)
        if cursor.epoch:
            return cursor
        if not self._epoch:
            raise Gap(f"{self.topic}: the producer's log has not been seen yet")
        return replace(cursor, epoch=self._epoch)

    async def _apply_in(self, session: AsyncSession, events: Sequence[SequencedEvent]) -> None:
        cursor = await self._lock_cursor(session)
        todo = due(cursor, events)
        if todo:
            await apply(session, self._consumers, cursor, todo)
            points.passed(points.APPLIED)
            metrics.APPLIED.labels(self._consumers.service, self.topic).inc(len(todo))
        self.position = todo[-1].position if todo else cursor.position

    async def _apply_singly(self, event: SequencedEvent) -> None:
        """Try one event; the fifth deterministic failure, counted in the database, parks it."""
        while True:
            try:
                await self._db.run(partial(self._apply_one_in, event))
                return
            except (Gap, TopicForked):
                raise
            except Exception as error:
                if is_transient(error):
                    raise
                attempts = await self._count(event, error)
                log.warning(
                    "event-failed",
                    topic=self.topic,
                    position=event.position,
                    id=str(event.id),
                    attempts=attempts,
                    exc_info=error,
                )
                if attempts >= ATTEMPTS:
                    await self._park(event, error)
                    return
                await asyncio.sleep(BACKOFF_SECONDS[min(attempts, len(BACKOFF_SECONDS)) - 1])

    async def _apply_one_in(self, event: SequencedEvent, session: AsyncSession) -> None:
        await self._apply_in(session, [event])
        await session.execute(delete(event_attempt).where(event_attempt.c.event_id == event.id))

    async def _count(self, event: SequencedEvent, error: Exception) -> int:
        async with self._db.transaction() as session:
            counted = await session.execute(
                insert(event_attempt)
                .values(event_id=event.id, topic=self.topic, attempts=1, last_error=repr(error)[:2000])
                .on_conflict_do_update(
                    index_elements=[event_attempt.c.event_id],
                    set_={"attempts": event_attempt.c.attempts + 1, "last_error": repr(error)[:2000]},
                )
                .returning(event_attempt.c.attempts)
            )
            return int(counted.scalar_one())

    async def _park(self, event: SequencedEvent, error: Exception) -> None:
        async with self._db.transaction() as session:
            cursor = await self._lock_cursor(session)
            if not due(cursor, [event]):
                return
            await park(session, event, error=repr(error))
            await self._project(session, event)
            await session.execute(delete(event_attempt).where(event_attempt.c.event_id == event.id))
            await move_cursor(session, cursor, event)
        self.position = event.position
        metrics.PARKED.labels(self._consumers.service, self.topic).inc()
        log.critical("event-parked", topic=self.topic, position=event.position, id=str(event.id), error=repr(error))

    async def _project(self, session: AsyncSession, event: SequencedEvent) -> None:
        """What a command cannot act on has happened all the same: local copies show it, unless they are what fails."""
        try:
            async with session.begin_nested():
                await run_projections(session, self._consumers, event)
        except Exception as error:
            if is_transient(error):
                raise
            log.warning("projection-failed", topic=self.topic, position=event.position, error=repr(error))
