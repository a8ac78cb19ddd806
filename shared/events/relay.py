"""Carries numbered events to the broker, in order and pipelined, and remembers how far it came.

An acknowledgement that does not come means *unknown*: the event is sent again under the same message id. The mark
(`relay_cursor`) may lag behind after a crash; then events are sent twice and the readers' cursors drop them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

import nats.errors
import nats.js.errors
import structlog
from nats.aio.client import Client
from nats.js.api import PubAck
from nats.js.client import JetStreamContext
from sqlalchemy.engine import URL

from shared.events import points
from shared.events.election import connect
from shared.events.envelope import SequencedEvent
from shared.events.outside import subject_of

if TYPE_CHECKING:
    from shared.events.election import Connection

log = structlog.get_logger(__name__)

BATCH = 256
ACK_SECONDS = 5.0
RETRY_SECONDS = 0.2
CATCH_UP_SECONDS = 1.0
HANDED_OVER_LIMIT = 4096

_REGISTER = """
INSERT INTO relay_cursor (topic, epoch, position) SELECT topic, epoch, 0 FROM topic_head ON CONFLICT DO NOTHING
"""
_MARKS = "SELECT topic, position FROM relay_cursor"
_BEHIND = """
SELECT c.topic FROM relay_cursor c JOIN topic_head h USING (topic) WHERE c.position < h.position
"""
_READ = """
SELECT topic, epoch, position, hash, id, attributes, data FROM event_log
WHERE topic = $1 AND position > $2 ORDER BY position LIMIT $3
"""
_MARK = "UPDATE relay_cursor SET position = $2, epoch = $3 WHERE topic = $1 AND position < $2"


class Relay:
    """The publishing loop of one database."""

    def __init__(self, database_url: str | URL, client: Client, topics: Sequence[str]) -> None:
        self._database_url = database_url
        self._client = client
        self._jetstream: JetStreamContext = client.jetstream()
        self._topics = frozenset(topics)
        self._marks: dict[str, int] = {}
        self._handed: dict[str, deque[SequencedEvent]] = {}
        self._wake = asyncio.Event()

    def hand_over(self, events: Sequence[SequencedEvent]) -> None:
        """Take what was just numbered; what does not fit is read from the log instead."""
        for event in events:
            queue = self._handed.setdefault(event.topic, deque())
            if len(queue) >= HANDED_OVER_LIMIT:
                queue.clear()
            queue.append(event)
        self._wake.set()

    async def run(self) -> None:
        """Publish until cancelled. Raises on a lost database connection: the elector starts a new term."""
        connection = await connect(self._database_url, name="relay")
        try:
            await connection.execute("SET synchronous_commit = off")
            self._handed.clear()
            await self._load(connection)
            while True:
                self._wake.clear()
                busy = await self._turn(connection)
                if not busy:
                    try:
                        await asyncio.wait_for(self._wake.wait(), CATCH_UP_SECONDS)
                    except TimeoutError:
                        await self._load(connection)
        finally:
            connection.terminate()

    async def _load(self, connection: Connection) -> None:
        """Queue the topics whose head is past their mark (start, another leader's numbering, a crash)."""
        await connection.execute(_REGISTER)
        self._marks = {row["topic"]: row["position"] for row in await connection.fetch(_MARKS)}
        for row in await connection.fetch(_BEHIND):
            if row["topic"] in self._topics:
                self._handed.setdefault(row["topic"], deque())

    async def _turn(self, connection: Connection) -> bool:
        """Publish up to a batch of every waiting topic; whether there may be more."""
        more = False
        for topic in list(self._handed):
            while not self._client.is_connected:
                await asyncio.sleep(RETRY_SECONDS)
            events = await self._next(connection, topic)
            if not events:
                self._handed.pop(topic, None)
                continue
            more = True
            sent = await self._publish(events)
            if sent:
                points.passed(points.PUBLISHED)
                last = events[sent - 1]
                self._marks[topic] = last.position
                await connection.execute(_MARK, topic, last.position, last.epoch)
                points.passed(points.MARKED)
            if sent < len(events):
                await asyncio.sleep(RETRY_SECONDS)
        return more

    async def _next(self, connection: Connection, topic: str) -> list[SequencedEvent]:
        mark = self._marks.get(topic, 0)
        queue = self._handed[topic]
        while queue and queue[0].position <= mark:
            queue.popleft()
        if queue and queue[0].position == mark + 1:
            batch: list[SequencedEvent] = []
            while queue and len(batch) < BATCH and queue[0].position == mark + 1 + len(batch):
                batch.append(queue.popleft())
            return batch
        rows = await connection.fetch(_READ, topic, mark, BATCH)
        return [SequencedEvent(*row) for row in rows]

    async def _publish(self, events: Sequence[SequencedEvent]) -> int:
        """Publish in order; how many of the first were acknowledged without a gap."""
        futures: list[asyncio.Future[PubAck]] = []
        try:
            await self._send(events, futures)
        except (nats.errors.Error, nats.js.errors.Error, OSError) as error:
            log.warning("publish-interrupted", topic=events[0].topic, error=repr(error))
        finally:
            unknown = [future for future in futures if not future.done()]
            for future in unknown:
                future.cancel()
        acknowledged = 0
        for future in futures:
            if future in unknown or future.exception() is not None:
                break
            acknowledged += 1
        failures = {repr(f.exception()) for f in futures if f not in unknown and f.exception()}
        if acknowledged < len(events):
            log.warning(
                "publish-unacknowledged",
                topic=events[0].topic,
                position=events[acknowledged].position,
                failures=sorted(failures),
            )
        return acknowledged

    async def _send(self, events: Sequence[SequencedEvent], futures: list[asyncio.Future[PubAck]]) -> None:
        """Publish without waiting in between, then wait for the acknowledgements.

        Not past a lost connection: they would never come. And without `wait_stall`: nats-py turns a cancellation that
        meets it there into an error of its own, and this loop would go on for ever after its term has ended.
        """
        reconnects = self._client.stats["reconnects"]
        for event in events:
            headers = event.headers()
            subject = subject_of(event.topic, headers["ce-type"], event.data)
            futures.append(await self._jetstream.publish_async(subject, event.data.encode(), headers=headers))
        deadline = asyncio.get_running_loop().time() + ACK_SECONDS
        pending = set(futures)
        while pending and self._client.is_connected and self._client.stats["reconnects"] == reconnects:
            remaining = deadline - asyncio.get_running_loop().time()
            if remaining <= 0:
                return
            _, pending = await asyncio.wait(pending, timeout=min(remaining, RETRY_SECONDS))
