"""Hints from other gateway processes that something they changed must not be believed from a cache any more.

A hint is one of the gateway's own events, heard over core NATS as it is published. It only makes a cache forget sooner:
what a cache holds is too old after `MAX_AGE_SECONDS` in any case, so that a change counts everywhere within a second
with the broker away as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final

from nats.aio.msg import Msg

from shared.events.broker import Broker, end, hear
from shared.logging import get_logger
from shared.settings import ServiceSettings

MAX_AGE_SECONDS: Final = 0.9
"""No cache of who may do what believes an entry for longer than this after it asked the database."""

_SUBJECTS: Final = "gateway.>"
_SUBJECT: Final = "ce-subject"

Forget = Callable[[str], None]
"""Takes the id of what changed, the event's subject; must not raise, and an id it never heard of is no error."""

log = get_logger(__name__)


class Changes:
    """Who wants to hear of which topic. `changes.register("gateway.account", accounts.forget)`."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Forget]] = {}

    def register(self, topic: str, forget: Forget) -> None:
        """Call `forget` with the subject's id whenever an event of the topic is published, by whichever process."""
        self._listeners.setdefault(topic, []).append(forget)

    def tell(self, topic: str, subject: str) -> None:
        """Something of the topic has changed: forget it in this process, without waiting for the event."""
        for forget in self._listeners.get(topic, ()):
            forget(subject)

    async def listen(self, settings: ServiceSettings, stack: AsyncExitStack) -> None:
        """Hear the events in the background, for as long as the stack is open. The broker need not be there."""
        broker = Broker.of(settings, "gateway")
        task = asyncio.create_task(self._listen(broker), name="gateway:changes")

        async def stop() -> None:
            await end(task)
            await broker.close()

        stack.push_async_callback(stop)

    async def _listen(self, broker: Broker) -> None:
        await broker.run()
        await hear(broker, {_SUBJECTS: self._heard})
        log.info("changes-heard")

    async def _heard(self, message: Msg) -> None:
        topic = message.subject.rpartition(".v")[0].rpartition(".")[0]
        subject = (message.headers or {}).get(_SUBJECT)
        if subject is not None:
            self.tell(topic, subject)
