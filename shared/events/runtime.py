"""The event machinery of one service process: broker connection, sequencer and relay, consumers; each elected.

Every process of a service runs one. Two locks of the service's database decide which process numbers and publishes, and
which one consumes; the others stand by, and ping the leader over core NATS when they have committed an event.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING

import nats.errors
import structlog
from nats.aio.msg import Msg

from shared.db import Database
from shared.events.broker import Broker
from shared.events.consumer import Consumers
from shared.events.election import Elector
from shared.events.feed_client import FeedClient
from shared.events.relay import Relay
from shared.events.sequencer import Sequencer
from shared.events.subscription import TopicSubscription
from shared.events.topic_reader import TopicReader

if TYPE_CHECKING:
    from shared.peers import PeerClient
    from shared.settings import ServiceSettings

log = structlog.get_logger(__name__)

SEQUENCER_LOCK = 1
CONSUMER_LOCK = 2
STOP_SECONDS = 5.0
RESTART_SECONDS = 0.5


class EventRuntime:
    """Runs the event log of `service` from `start` to `stop`; `wake` says that something was appended."""

    def __init__(
        self,
        service: str,
        topics: Sequence[str],
        consumers: Consumers | None,
        settings: ServiceSettings,
        db: Database,
        peers: PeerClient,
    ) -> None:
        self._service = service
        self._topics = tuple(topics)
        self._consumers = consumers
        self._url = settings.sqlalchemy_url()
        self._db = db
        self._broker = Broker.of(settings, service)
        self._relay = Relay(self._url, self._broker.client, self._topics)
        self._sequencer = Sequencer(self._url, self._topics, self._relay.hand_over)
        self._sequencing = Elector(self._url, SEQUENCER_LOCK, f"{service}:sequencer", self._number_and_publish)
        self._consuming = Elector(self._url, CONSUMER_LOCK, f"{service}:consumers", self._consume)
        self._readers = self._make_readers(consumers, FeedClient(peers))
        self._tasks: list[asyncio.Task[None]] = []
        db.wake = self.wake

    def _make_readers(self, consumers: Consumers | None, feed: FeedClient) -> dict[str, TopicReader]:
        if consumers is None:
            return {}
        return {topic.name: TopicReader(self._db, consumers, feed, topic.name) for topic in consumers.topics}

    @property
    def _wake_subject(self) -> str:
        return f"_wake.{self._service}"

    async def start(self) -> None:
        """Start in the background; neither the broker nor the other services need to be there."""
        self._spawn(self._connect(), "broker")
        if self._topics:
            self._spawn(self._sequencing.run(), "sequencer")
        if self._readers:
            self._spawn(self._consuming.run(), "consumers")

    async def stop(self) -> None:
        """Stop working and close the broker connection. What was half done is rolled back and done by the next."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
        await self._broker.close()

    def wake(self) -> None:
        """Events were committed: number them now, here or in the process that leads."""
        self._sequencer.wake()
        if not self._sequencing.leading and self._broker.connected:
            ping = asyncio.ensure_future(self._ping())
            ping.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def _ping(self) -> None:
        with contextlib.suppress(nats.errors.Error, OSError):
            await self._broker.client.publish(self._wake_subject, b"")

    def status(self) -> dict[str, object]:
        """What an operator wants to see at a glance: connection, leadership, positions and forks."""
        return {
            "broker": self._broker.connected,
            "sequencing": self._sequencing.leading,
            "consuming": self._consuming.leading,
            "topics": {
                name: {
                    "position": reader.position,
                    "head": reader.head,
                    "forked": None if reader.forked is None else reader.forked.reason,
                }
                for name, reader in self._readers.items()
            },
        }

    @property
    def connected(self) -> bool:
        """Whether the broker can be reached (part of readiness)."""
        return self._broker.connected

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        self._tasks.append(asyncio.create_task(work, name=f"{self._service}:{name}"))

    async def _connect(self) -> None:
        await self._broker.run()

        async def woken(_: Msg) -> None:
            self._sequencer.wake()

        await self._broker.client.subscribe(self._wake_subject, cb=woken)

    async def _number_and_publish(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(_kept_running(self._sequencer.run, f"{self._service}:sequencer"))
            group.create_task(_kept_running(self._relay.run, f"{self._service}:relay"))

    async def _consume(self) -> None:
        assert self._consumers is not None
        async with asyncio.TaskGroup() as group:
            for topic in self._consumers.topics:
                reader = self._readers[topic.name]
                reader.forked = None
                subscription = TopicSubscription(self._broker.client, self._service, topic, reader)
                group.create_task(_kept_running(subscription.run, f"{self._service}:{topic.name}"))


async def _kept_running(work: Callable[[], Awaitable[None]], name: str) -> None:
    """Start one loop of a term again when it fails, until the term ends.

    So the relay's fault does not stop the sequencer, nor one topic's the others.
    """
    while True:
        try:
            await work()
        except Exception:
            log.exception("event-work-failed", work=name)
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # A connection that broke while its transaction was cancelled: its error stands for the cancellation.
            raise asyncio.CancelledError
        await asyncio.sleep(RESTART_SECONDS)
