"""Applying a stretch of a topic's log: cursor and chain check, handlers in runs, parking behind parked events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.consumer import Consumers, Received, Registration, receive
from shared.events.envelope import SequencedEvent
from shared.kernel_tables import consumer_cursor, parked_event

STOPPED_HOLDER_TIMEOUT = "10s"
"""A consumer stopped in the middle of a transaction keeps its locks no longer than this."""


class TopicForked(Exception):
    """The producer's past is not the past this service has acted on (a restore, or tampering): stop and alarm."""

    def __init__(self, topic: str, position: int, reason: str) -> None:
        super().__init__(f"topic-forked: {topic} at {position}: {reason}")
        self.topic = topic
        self.position = position
        self.reason = reason


class Gap(Exception):
    """The next event in hand is not the next of the topic: those between must be read from the producer."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a service has acted on a topic, and the newest epoch of the log that it accepts (0: not known yet).

    A log that was restored once has events of several epochs. Who reads it from the start accepts them all.
    """

    topic: str
    epoch: int
    position: int
    hash: bytes


async def lock_cursor(session: AsyncSession, topic: str) -> Cursor:
    """The topic's cursor, locked until the transaction ends; made at position 0 on first use."""
    query = (
        select(
            consumer_cursor.c.epoch,
            consumer_cursor.c.position,
            consumer_cursor.c.hash,
            func.set_config(
                literal("idle_in_transaction_session_timeout"), literal(STOPPED_HOLDER_TIMEOUT), literal(True)
            ),
        )
        .where(consumer_cursor.c.topic == topic)
        .with_for_update()
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        await session.execute(
            insert(consumer_cursor).values(topic=topic, epoch=0, position=0, hash=b"").on_conflict_do_nothing()
        )
        row = (await session.execute(query)).one()
    return Cursor(topic, row.epoch, row.position, row.hash)


async def read_cursor(session: AsyncSession, topic: str) -> Cursor:
    """The topic's cursor as last committed."""
    row = (await session.execute(select(consumer_cursor).where(consumer_cursor.c.topic == topic))).one_or_none()
    return Cursor(topic, 0, 0, b"") if row is None else Cursor(topic, row.epoch, row.position, row.hash)


def due(cursor: Cursor, events: Iterable[SequencedEvent]) -> list[SequencedEvent]:
    """The events to apply now, without those already applied.

    Raises `Gap` if some are missing between the cursor and the next, `TopicForked` if they do not continue its past.
    """
    todo: list[SequencedEvent] = []
    position, previous = cursor.position, cursor.hash
    for event in sorted(events, key=lambda e: e.position):
        if event.position <= position:
            if event.position == position and event.hash != previous:
                raise TopicForked(event.topic, event.position, "another event at the cursor")
            continue
        if event.position > position + 1:
            if todo:
                return todo
            raise Gap(f"{event.topic}: {event.position} after {position}")
        if event.epoch > cursor.epoch > 0:
            raise TopicForked(event.topic, event.position, f"epoch {event.epoch}, expected {cursor.epoch}")
        if not event.follows(previous):
            raise TopicForked(event.topic, event.position, "the hash does not follow")
        todo.append(event)
        position, previous = event.position, event.hash
    return todo


async def apply(session: AsyncSession, consumers: Consumers, cursor: Cursor, events: Sequence[SequencedEvent]) -> None:
    """Run the handlers of `events` in order and move the cursor past them, all in `session`'s transaction."""
    parked = await _parked_aggregates(session, cursor.topic)
    run: list[Received[Any]] = []
    handlers: tuple[Registration, ...] = ()
    for event in events:
        wanted, received = _read(consumers, event)
        if received is not None and received.subject in parked and any(r.kind == "command" for r in wanted):
            await park(
                session, event, error="an earlier event of the aggregate is parked", behind=parked[received.subject]
            )
            wanted = tuple(r for r in wanted if r.kind == "projection")
        if wanted != handlers:
            await _run(session, handlers, run)
            run, handlers = [], wanted
        if received is not None:
            run.append(received)
    await _run(session, handlers, run)
    await move_cursor(session, cursor, events[-1])


async def move_cursor(session: AsyncSession, cursor: Cursor, event: SequencedEvent) -> None:
    """Move the locked cursor to `event`, which must be past it."""
    moved = await session.execute(
        update(consumer_cursor)
        .where(consumer_cursor.c.topic == cursor.topic, consumer_cursor.c.position == cursor.position)
        .values(epoch=max(cursor.epoch, event.epoch), position=event.position, hash=event.hash, moved_at=func.now())
        .returning(consumer_cursor.c.topic)
    )
    moved.one()


async def park(session: AsyncSession, event: SequencedEvent, *, error: str, behind: UUID | None = None) -> None:
    """Set an event aside that cannot be applied, for `mengchuang events retry`."""
    await session.execute(
        insert(parked_event)
        .values(
            event_id=event.id,
            topic=event.topic,
            epoch=event.epoch,
            position=event.position,
            hash=event.hash,
            aggregate_id=UUID(event.parsed()["subject"]),
            attributes=event.attributes,
            data=event.data,
            error=error[:2000],
            behind=behind,
        )
        .on_conflict_do_nothing()
    )


async def run_handlers(session: AsyncSession, consumers: Consumers, event: SequencedEvent) -> None:
    """Run every handler of one event, whatever is parked (the retry of a parked event)."""
    wanted, received = _read(consumers, event)
    if received is not None:
        await _run(session, wanted, [received])


async def run_projections(session: AsyncSession, consumers: Consumers, event: SequencedEvent) -> None:
    """Run only the projections of one event."""
    wanted, received = _read(consumers, event)
    if received is not None:
        await _run(session, [r for r in wanted if r.kind == "projection"], [received])


def _read(consumers: Consumers, event: SequencedEvent) -> tuple[tuple[Registration, ...], Received[Any] | None]:
    type_name = event.parsed()["type"]
    wanted = consumers.registrations(type_name)
    return wanted, receive(event, consumers.event_type(type_name)) if wanted else None


async def _run(session: AsyncSession, handlers: Sequence[Registration], run: Sequence[Received[Any]]) -> None:
    if run:
        for registration in handlers:
            await registration.handler(session, run)


async def _parked_aggregates(session: AsyncSession, topic: str) -> dict[UUID, UUID]:
    rows = await session.execute(
        select(parked_event.c.aggregate_id, parked_event.c.event_id)
        .where(parked_event.c.topic == topic, text("applied_at IS NULL"))
        .order_by(parked_event.c.position.desc())
    )
    return {row.aggregate_id: row.event_id for row in rows}
