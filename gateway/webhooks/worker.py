"""The process's part in webhooks: reading logs, delivering, forgetting; in the elected process only."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from datetime import timedelta
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

from nats.aio.msg import Msg
from sqlalchemy import delete, exists, func, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.feed.sources import Logs
from gateway.settings import GatewaySettings
from gateway.webhooks.addresses import Boundary
from gateway.webhooks.delivering import Delivering
from gateway.webhooks.models import PENDING, WebhookDelivery, WebhookEvent
from gateway.webhooks.reading import Reading
from gateway.webhooks.sending import Sender
from gateway.webhooks.turns import Turns
from shared.db import Database
from shared.errors import DomainError
from shared.events.broker import Broker, end, hear
from shared.events.contracts import PRODUCERS
from shared.logging import get_logger
from shared.peers import PeerRefused, PeerUnavailable
from shared.runtime import Runtime
from shared.sealing import KeyMissing, Unreadable

MOST_SERVED: Final = 200
"""Webhooks that are delivered to at a time: those of slow receivers leave room for the others."""
SWEEP_SECONDS: Final = 3600.0
SWEPT_AT_ONCE: Final = 2000
PAUSE_SECONDS: Final = 5.0
"""Between tries of something that does not work for a reason of our own."""

K = TypeVar("K")

log = get_logger(__name__)


def sender_of(settings: GatewaySettings) -> Sender:
    """Connections within the limits that are configured."""
    boundary = Boundary(settings.webhook_allow_nets, frozenset(settings.webhook_allow_ports))
    return Sender(boundary, settings.webhook_timeout_seconds, ca_file=settings.webhook_ca_file)


async def deliver_webhooks(runtime: Runtime) -> None:
    """Worker: read and deliver until cancelled."""
    settings = runtime.settings
    assert isinstance(settings, GatewaySettings)
    sender = sender_of(settings)
    work = _Work(runtime, settings, sender)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(work.listen())
            group.create_task(work.read())
            group.create_task(work.deliver())
            group.create_task(work.sweep())
    finally:
        with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
            async with asyncio.timeout(2):
                await work.delivering.release()
        await sender.close()


class _Work:
    """The loops of one term. Reading and delivering wake each other, and poll anyway."""

    def __init__(self, runtime: Runtime, settings: GatewaySettings, sender: Sender) -> None:
        self._db = runtime.db
        self._settings = settings
        simulated = settings.business_clock == "simulated"
        turns = Turns()
        self.reading = Reading(runtime.db, Logs(runtime.db, runtime.peers), turns, simulated=simulated)
        self.delivering = Delivering(runtime.db, settings, sender, turns)
        self._news = asyncio.Event()
        self._due = asyncio.Event()
        self._topics: dict[str, asyncio.Task[None]] = {}
        self._served: dict[UUID, asyncio.Task[None]] = {}

    async def listen(self) -> None:
        """Hear that something was published; what it was is read from the log."""
        broker = Broker.of(self._settings, "gateway")

        async def heard(_: Msg) -> None:
            self._news.set()

        async def connect() -> None:
            await broker.run()
            await hear(broker, {f"{producer}.>": heard for producer in PRODUCERS})
            log.info("webhooks-hear-of-events")

        connecting = asyncio.create_task(connect(), name="webhooks:broker")
        try:
            await asyncio.Event().wait()
        finally:
            await end(connecting)
            await broker.close()

    async def read(self) -> None:
        try:
            while True:
                await _patiently("webhook-topics", self._read_all())
                await _woken(self._news, self._settings.webhook_poll_seconds)
        finally:
            await _end(self._topics.values())

    async def _read_all(self) -> None:
        for topic in await self.reading.topics():
            if topic not in self._topics:
                task = asyncio.create_task(self._read_topic(topic), name=f"webhooks:{topic}")
                self._topics[topic] = task
                task.add_done_callback(partial(_over, self._topics, topic))

    async def _read_topic(self, topic: str) -> None:
        """One topic by itself: a service that does not answer holds up nobody else's events."""
        try:
            while await self.reading.read(topic):
                self._due.set()
        except (PeerUnavailable, PeerRefused) as error:
            log.info("webhook-log-away", topic=topic, reason=str(error))
            await _pause(self._settings.webhook_poll_seconds)
        except Exception:
            log.exception("webhook-reading-failed", topic=topic)
            await _pause(PAUSE_SECONDS)

    async def deliver(self) -> None:
        try:
            while True:
                await _patiently("webhook-deliveries", self._deliver_all())
                await _woken(self._due, min(self._settings.webhook_poll_seconds, 0.5))
        finally:
            await _end(self._served.values())

    async def _deliver_all(self) -> None:
        for webhook_id in await self.delivering.due():
            if webhook_id not in self._served and len(self._served) < MOST_SERVED:
                task = asyncio.create_task(self._serve(webhook_id), name=f"webhooks:{webhook_id}")
                self._served[webhook_id] = task
                task.add_done_callback(partial(_over, self._served, webhook_id))

    async def _serve(self, webhook_id: UUID) -> None:
        try:
            await self.delivering.serve(webhook_id)
        except (DomainError, KeyMissing, Unreadable) as error:
            log.error("webhook-secret-unreadable", webhook_id=str(webhook_id), reason=repr(error))
            await _pause(PAUSE_SECONDS)
        except Exception:
            log.exception("webhook-delivering-failed", webhook_id=str(webhook_id))
            await _pause(PAUSE_SECONDS)
        self._news.set()

    async def sweep(self) -> None:
        """Forget deliveries that ended long ago, and bodies that nothing refers to."""
        while True:
            await _patiently("webhook-log", sweep(self._db, self._settings.webhook_log_days))
            await asyncio.sleep(SWEEP_SECONDS)


async def sweep(db: Database, days: int) -> None:
    """Remove what ended more than so many days ago, in batches."""
    before = func.now() - timedelta(days=days)
    over = WebhookDelivery.seq.in_(
        select(WebhookDelivery.seq)
        .where(WebhookDelivery.state != PENDING, WebhookDelivery.ended_at < before)
        .limit(SWEPT_AT_ONCE)
    )
    unused = WebhookEvent.id.in_(
        select(WebhookEvent.id)
        .where(WebhookEvent.created_at < before, ~exists().where(WebhookDelivery.event_id == WebhookEvent.id))
        .limit(SWEPT_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    for statement in (delete(WebhookDelivery).where(over), delete(WebhookEvent).where(unused)):
        count = SWEPT_AT_ONCE
        while count >= SWEPT_AT_ONCE:
            async with db.transaction() as session:
                result = await session.execute(statement, execution_options={"synchronize_session": False})
            count = int(getattr(result, "rowcount", 0))


async def _patiently(what: str, work: Coroutine[Any, Any, None]) -> None:
    """A database that is away for a while is no reason to end."""
    try:
        await work
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        log.warning("webhook-work-interrupted", what=what, error=repr(error))
        await _pause(1)


async def _pause(seconds: float) -> None:
    """Wait before something is tried again, unless it was to end: a connection that breaks while a transaction is
    cancelled raises its own error in place of the cancellation."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
    await asyncio.sleep(seconds)


def _over(tasks: dict[K, asyncio.Task[None]], key: K, _: asyncio.Task[None]) -> None:
    tasks.pop(key, None)


async def _woken(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    event.clear()


async def _end(tasks: Any) -> None:
    """Cancel what is under way and wait until it is over."""
    under_way = list(tasks)
    for task in under_way:
        task.cancel()
    if under_way:
        await asyncio.wait(under_way)
