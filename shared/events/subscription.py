"""One long-lived pull on one topic: messages to its reader, acknowledged once their effect is committed.

The broker is only the fast way. Whenever the pull opens again (start, reconnect, lost stream, expiry) and after every
ten quiet seconds the topic is compared with its producer's head, so a silent subscription is never taken for an idle
one. Each topic has its own durable, so that a bulk of one delays no other.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence

import nats.errors
import nats.js.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from shared.events import points
from shared.events.envelope import SequencedEvent, from_message
from shared.events.streams import durable_name
from shared.events.topic_reader import TopicReader
from shared.events.types import Topic

log = structlog.get_logger(__name__)

PULL_MESSAGES = 500
PULL_SECONDS = 30.0
HEARTBEAT_SECONDS = 2.5
IDLE_CHECK_SECONDS = 10.0
RECHECK_SECONDS = 1.0
"""How soon to ask again a producer that could not be asked; what the broker brings is applied meanwhile."""
REOPEN_SECONDS = 0.2
SLICE_SECONDS = 0.25
EXPIRED = "408"
HEARTBEAT = "100"
TAKE = 100
ACK_WAIT_SECONDS = 30.0
ACK_SECONDS = 2.0


class _Reopen(Exception):
    """The pull has ended, by itself or because something is missing: open another."""


class TopicSubscription:
    """The durable of `service` for one topic."""

    def __init__(self, client: Client, service: str, topic: Topic, reader: TopicReader) -> None:
        self._client = client
        self._topic = topic
        self._durable = durable_name(service, topic.name)
        self._reader = reader

    async def run(self) -> None:
        """Deliver until cancelled. The broker's absence is waited out; the producer's log is read meanwhile."""
        while True:
            try:
                if self._client.is_connected:
                    await self._pull()
            except _Reopen as why:
                log.debug("pull-ended", topic=self._topic.name, why=str(why))
                if str(why).startswith(EXPIRED):
                    continue
            except (nats.errors.Error, nats.js.errors.Error, OSError) as error:
                log.warning("pull-interrupted", topic=self._topic.name, error=repr(error))
            compared = await self._reader.catch_up()
            await asyncio.sleep(REOPEN_SECONDS if compared else RECHECK_SECONDS)

    async def _pull(self) -> None:
        await self._ensure_durable()
        inbox = self._client.new_inbox()
        subscription = await self._client.subscribe(inbox, pending_msgs_limit=-1, pending_bytes_limit=-1)
        try:
            await self._request(inbox)
            await self._receive(subscription, inbox)
        finally:
            with contextlib.suppress(nats.errors.Error):
                await subscription.unsubscribe()

    async def _ensure_durable(self) -> None:
        """Create or update the durable; nats-py would keep an old configuration when binding by name."""
        await self._client.jetstream().add_consumer(
            self._topic.stream,
            ConsumerConfig(
                durable_name=self._durable,
                deliver_policy=DeliverPolicy.ALL,
                ack_policy=AckPolicy.ALL,
                ack_wait=ACK_WAIT_SECONDS,
                max_deliver=-1,
                max_ack_pending=2 * PULL_MESSAGES,
                filter_subject=self._topic.subjects,
            ),
        )

    async def _request(self, inbox: str) -> None:
        request = {
            "batch": PULL_MESSAGES,
            "expires": int(PULL_SECONDS * 1e9),
            "idle_heartbeat": int(HEARTBEAT_SECONDS * 1e9),
        }
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._topic.stream}.{self._durable}"
        await self._client.publish(subject, json.dumps(request).encode(), reply=inbox)

    async def _receive(self, subscription: Subscription, inbox: str) -> None:
        loop = asyncio.get_running_loop()
        reconnects = self._client.stats["reconnects"]
        heard = check_at = loop.time()
        compared = False
        received = 0
        while self._client.is_connected and self._client.stats["reconnects"] == reconnects:
            if loop.time() >= check_at:
                compared = await self._reader.catch_up()
                heard = loop.time()
                check_at = heard + (IDLE_CHECK_SECONDS if compared else RECHECK_SECONDS)
            messages, alive, ended = await self._collect(subscription)
            now = loop.time()
            if alive:
                heard = now
            if messages:
                await self._deliver(messages)
                heard = loop.time()
                if compared:
                    check_at = heard + IDLE_CHECK_SECONDS
                received += len(messages)
                if received >= PULL_MESSAGES // 2:
                    await self._request(inbox)
                    received = 0
            elif now - heard > 2 * HEARTBEAT_SECONDS:
                raise _Reopen("no heartbeat")
            if ended is not None:
                raise _Reopen(ended)
        raise _Reopen("reconnected")

    async def _collect(self, subscription: Subscription) -> tuple[list[Msg], bool, str | None]:
        """The messages at hand, waiting a moment for the first; whether the server was heard; why the pull ended."""
        messages: list[Msg] = []
        alive = False
        while len(messages) < TAKE and (not alive or subscription.pending_msgs > 0):
            try:
                message = await subscription.next_msg(timeout=SLICE_SECONDS)
            except nats.errors.TimeoutError:
                break
            alive = True
            headers = message.headers or {}
            status = headers.get("Status") if not message.data else None
            if status is None:
                messages.append(message)
            elif status != HEARTBEAT:
                return messages, alive, f"{status} {headers.get('Description', '')}"
        return messages, alive, None

    async def _deliver(self, messages: Sequence[Msg]) -> None:
        """Apply and acknowledge what is committed (or was already); leave a forked topic's messages alone."""
        taken: list[Msg] = []
        events: list[SequencedEvent] = []
        for message in messages:
            try:
                events.append(from_message(message.headers, message.data))
            except (KeyError, ValueError) as error:
                log.error("foreign-message", subject=message.subject, error=repr(error))
                await message.term()
            else:
                taken.append(message)
        if events and await self._reader.take(events):
            points.passed(points.COMMITTED)
            await self._acknowledge(taken[-1])
            points.passed(points.ACKNOWLEDGED)

    async def _acknowledge(self, last: Msg) -> None:
        """The cursor covers everything up to `last`, and so does its acknowledgement.

        A lost one costs a second delivery, which the cursor drops.
        """
        try:
            await last.ack_sync(timeout=ACK_SECONDS)
        except (nats.errors.Error, OSError) as error:
            log.warning("ack-unknown", topic=self._topic.name, error=repr(error))
