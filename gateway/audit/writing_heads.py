"""The worker that writes the logs' heads down: when it starts, when a business day is over, and when it stops."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from prometheus_client import Counter, Gauge
from sqlalchemy.exc import SQLAlchemyError

from gateway.audit.heads import Book, Head, Occasion, copy
from gateway.feed.sources import Logs, Stretch
from gateway.front.routes import OWN
from gateway.settings import GatewaySettings
from shared.auth.tokens import load_private_key
from shared.clock import business_today, utcnow
from shared.events.contracts import PRODUCERS, topics
from shared.events.types import Topic
from shared.logging import get_logger
from shared.peers import PeerRefused, PeerUnavailable
from shared.runtime import Runtime

TURN_SECONDS: Final = 60.0
STOP_SECONDS: Final = 3.0
_AWAY: Final = (PeerUnavailable, PeerRefused, LookupError, SQLAlchemyError, OSError, TimeoutError)

AGE = Gauge(
    "mengchuang_audit_head_age_seconds", "How long ago the head of the topic that waits longest was written down"
)
FAILED = Counter("mengchuang_audit_heads_failed", "Heads that could not be written down", ["where"])

log = get_logger(__name__)

Place = tuple[int, int, str]
"""Epoch, position and hash of a log's end."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Where the heads are read and written."""

    logs: Logs
    book: Book
    settings: GatewaySettings

    async def write(self, occasion: Occasion, days: Mapping[Topic, Sequence[date]]) -> None:
        """Write each topic's present head down for these days, our own first. What a service that is away has is left
        for later."""
        for producer in sorted(PRODUCERS, key=lambda name: name != OWN):
            places = await self._places([topic for topic in days if topic.producer == producer])
            now = utcnow()
            heads = [
                Head(
                    topic=topic.name,
                    epoch=epoch,
                    position=position,
                    hash=digest,
                    day=day,
                    occasion=occasion,
                    written_at=now,
                )
                for topic, (epoch, position, digest) in places.items()
                for day in days[topic]
            ]
            if heads:
                key = load_private_key(self.settings.signing_key_file)
                await asyncio.to_thread(self.book.add, sorted(heads, key=lambda head: (head.day, head.topic)), key)
                log.info("audit-heads-written", occasion=occasion, producer=producer, heads=len(heads))
        await self.copy()

    async def copy(self) -> None:
        """Bring the copy up to date; one that is away (a medium that was taken out) gets what it missed later."""
        folder = self.settings.audit_heads_copy_dir
        if folder is None:
            return
        try:
            await asyncio.to_thread(copy, self.book, folder)
        except OSError as error:
            FAILED.labels("copy").inc()
            log.warning("audit-heads-not-copied", reason=repr(error))

    async def _places(self, wanted: Sequence[Topic]) -> dict[Topic, Place]:
        """Where a service's logs end; none of those after which it stopped answering, and none of empty ones."""
        places: dict[Topic, Place] = {}
        for topic in wanted:
            try:
                place = await place_of(self.logs, topic)
            except _AWAY as error:
                log.info("audit-heads-wait-for", producer=topic.producer, reason=type(error).__name__)
                break
            if place is not None:
                places[topic] = place
        return places

    def due(self, today: date) -> dict[Topic, list[date]]:
        """The days that are over and that a topic has no head of; of a topic without any only the last one."""
        yesterday = today - timedelta(days=1)
        last = self.book.last_days()
        days = {}
        for topic in every_topic():
            first = last.get(topic.name, yesterday - timedelta(days=1)) + timedelta(days=1)
            if first <= yesterday:
                days[topic] = [first + timedelta(days=count) for count in range((yesterday - first).days + 1)]
        return days

    def measure(self) -> None:
        """How old the oldest of the topics' last heads is."""
        latest: dict[str, float] = {}
        for one in self.book.written:
            latest[one.line.topic] = one.line.written_at.timestamp()
        if latest:
            oldest = min(latest.values())
            AGE.set_function(lambda: utcnow().timestamp() - oldest)


async def place_of(logs: Logs, topic: Topic) -> Place | None:
    """Where a topic's log ends; None where nothing was ever written to it. Raises PeerUnavailable."""
    page = await logs.read(topic, Stretch(0, 1, 0))
    if page.head == 0:
        return None
    end = await logs.read(topic, Stretch(page.head, 1, 0))
    if end.after_hash is None:
        raise PeerUnavailable(topic.producer, f"{topic.name} does not reach its own head")
    return end.epoch, page.head, end.after_hash


def every_topic() -> list[Topic]:
    """Of all services."""
    return [topic for producer in PRODUCERS for topic in topics(producer)]


async def keep_heads(runtime: Runtime) -> None:
    """Worker: nothing is written where AUDIT_HEADS_DIR is not set."""
    settings = runtime.settings
    assert isinstance(settings, GatewaySettings)
    folder: Path | None = settings.audit_heads_dir
    if folder is None:
        log.warning("audit-heads-not-kept", setting="AUDIT_HEADS_DIR")
        return
    writer = Writer(Logs(runtime.db, runtime.peers), await asyncio.to_thread(Book.of, folder), settings)
    try:
        await _run(writer)
    except asyncio.CancelledError:
        with contextlib.suppress(*_AWAY):
            async with asyncio.timeout(STOP_SECONDS):
                await writer.write("stop", {topic: [business_today()] for topic in every_topic()})
        raise


async def _run(writer: Writer) -> None:
    """A start's heads are those of the first turn in which a service answers."""
    begun: set[str] = set()
    while True:
        try:
            today = business_today()
            await asyncio.to_thread(writer.book.read)
            await writer.write("day", writer.due(today))
            late = [topic for topic in every_topic() if topic.producer not in begun]
            before = len(writer.book.written)
            await writer.write("start", {topic: [today] for topic in late})
            begun |= {one.line.topic.partition(".")[0] for one in writer.book.written[before:]}
            writer.measure()
        except _AWAY as error:
            FAILED.labels("file").inc()
            log.warning("audit-heads-wait", reason=repr(error))
        await asyncio.sleep(TURN_SECONDS)
