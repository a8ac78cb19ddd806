"""Gives every committed event its place: the topic's next gapless position and its link in the hash chain.

Touches PostgreSQL only, so that the HTTP feed goes on while the broker is down. Rows are taken by `seq` among those
without a position, never "after the last seen": transactions commit in another order than they began.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.engine import URL

from shared.events import points
from shared.events.election import connect
from shared.events.envelope import SequencedEvent, chain

if TYPE_CHECKING:
    from shared.events.election import Connection

log = structlog.get_logger(__name__)

TURN_ROWS = 256
"""Rows taken of one topic before the next topic has its turn, so that a bulk import delays nobody else's events."""
POLL_SECONDS = 0.2

_WAITING = """
SELECT h.topic FROM topic_head h
WHERE EXISTS (SELECT FROM event_log e WHERE e.topic = h.topic AND e.position IS NULL)
"""
_HEAD = "SELECT epoch, position, hash FROM topic_head WHERE topic = $1 FOR UPDATE"
_ROWS = """
SELECT seq, id, attributes, data FROM event_log
WHERE topic = $1 AND position IS NULL ORDER BY seq LIMIT $2
"""
_NUMBER = """
UPDATE event_log e SET epoch = $1, position = v.position, hash = v.hash
FROM unnest($2::bigint[], $3::bigint[], $4::bytea[]) AS v (seq, position, hash)
WHERE e.seq = v.seq
"""
_MOVE = "UPDATE topic_head SET position = $2, hash = $3 WHERE topic = $1"
_REGISTER = "INSERT INTO topic_head (topic) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING"


class Sequencer:
    """The numbering loop of one database. `deliver` is called, after each commit, with what was numbered."""

    def __init__(
        self, database_url: str | URL, topics: Sequence[str], deliver: Callable[[Sequence[SequencedEvent]], None]
    ) -> None:
        self._database_url = database_url
        self._topics = list(topics)
        self._deliver = deliver
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """There may be something to number."""
        self._wake.set()

    async def run(self) -> None:
        """Number events until cancelled. Raises on a lost connection: the elector starts a new term."""
        connection = await connect(self._database_url, name="sequencer")
        try:
            await connection.execute(_REGISTER, self._topics)
            while True:
                self._wake.clear()
                if not await self.turn(connection):
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
        finally:
            connection.terminate()

    async def turn(self, connection: Connection) -> int:
        """One turn of every topic that has something; returns how many events were numbered."""
        numbered = 0
        for record in await connection.fetch(_WAITING):
            events = await self._number(connection, record["topic"])
            points.passed(points.SEQUENCED)
            numbered += len(events)
            self._deliver(events)
        return numbered

    async def _number(self, connection: Connection, topic: str) -> list[SequencedEvent]:
        async with connection.transaction():
            head = await connection.fetchrow(_HEAD, topic)
            if head is None:
                return []
            rows = await connection.fetch(_ROWS, topic, TURN_ROWS)
            position, previous = head["position"], bytes(head["hash"])
            events: list[SequencedEvent] = []
            for row in rows:
                position += 1
                previous = chain(previous, row["id"], position, row["attributes"], row["data"])
                events.append(
                    SequencedEvent(topic, head["epoch"], position, previous, row["id"], row["attributes"], row["data"])
                )
            if events:
                await connection.execute(
                    _NUMBER,
                    head["epoch"],
                    [row["seq"] for row in rows],
                    [event.position for event in events],
                    [event.hash for event in events],
                )
                await connection.execute(_MOVE, topic, position, previous)
        return events
