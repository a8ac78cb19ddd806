"""Reading a topic's log by position, from the producer's own database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.envelope import SequencedEvent
from shared.kernel_tables import event_log, topic_head

PAGE_BYTES = 4 * 1024 * 1024
"""Data of a page: it must come over within the reader's timeout, and events may have up to half a mebibyte each."""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """A stretch of a topic's log after a position, with what a reader needs to see that its own past is the same."""

    topic: str
    epoch: int
    head: int
    after: int
    after_hash: bytes | None
    """Hash at `after`; empty at position 0, None if the log has no such position (it is past the head)."""
    events: tuple[SequencedEvent, ...]


_COLUMNS = (
    event_log.c.topic,
    event_log.c.epoch,
    event_log.c.position,
    event_log.c.hash,
    event_log.c.id,
    event_log.c.attributes,
    event_log.c.data,
)


def _page(topic: str, after: int, limit: int) -> Select[Any]:
    """The event at `after` and those that follow, until `limit` or `PAGE_BYTES` is reached."""
    rows = (
        select(*_COLUMNS)
        .where(event_log.c.topic == topic, event_log.c.position >= after)
        .order_by(event_log.c.position)
        .limit(limit + 1)
        .subquery()
    )
    size = func.octet_length(rows.c.data)
    sized = select(rows, (func.sum(size).over(order_by=rows.c.position) - size).label("before")).subquery()
    columns = [sized.c[column.name] for column in _COLUMNS]
    return select(*columns).where(sized.c.before <= PAGE_BYTES).order_by(sized.c.position)


async def read_log(session: AsyncSession, topic: str, after: int, limit: int) -> FeedPage | None:
    """The events of `topic` after position `after`, a page at most; None while the topic has no head yet."""
    head = (
        await session.execute(select(topic_head.c.epoch, topic_head.c.position).where(topic_head.c.topic == topic))
    ).one_or_none()
    if head is None:
        return None
    rows = (await session.execute(_page(topic, after, limit))).all()
    events = tuple(SequencedEvent(*row) for row in rows)
    after_hash: bytes | None = b"" if after == 0 else None
    if events and events[0].position == after:
        after_hash = events[0].hash
        events = events[1:]
    return FeedPage(topic, head.epoch, head.position, after, after_hash, events[:limit])
