"""The end of each topic's log, watched once for everybody in this process who waits for what comes next."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from gateway.feed.sources import LoggedEvent, LogPage, Logs, Stretch
from shared.events.types import Topic
from shared.logging import get_logger
from shared.peers import PeerUnavailable

KEPT_EVENTS: Final = 500
KEPT_CHARACTERS: Final = 4 * 1024 * 1024
"""Of data, for each topic that somebody follows; whoever is further behind reads the log himself."""
POLL_SECONDS: Final = 20.0
AWAY_SECONDS: Final = 1.0

log = get_logger(__name__)


class Tail:
    """The newest events of one topic, from the moment on when somebody began to follow it."""

    def __init__(self, logs: Logs, topic: Topic, page: LogPage) -> None:
        self.epoch = page.epoch
        self.head = page.head
        self._logs = logs
        self._topic = topic
        self._kept: deque[LoggedEvent] = deque()
        self._characters = 0
        self._news = asyncio.Event()

    def after(self, position: int) -> Sequence[LoggedEvent] | None:
        """The events after a position; None if they are no longer, or not yet, kept here."""
        if position >= self.head:
            return ()
        if not self._kept or self._kept[0].position > position + 1:
            return None
        return [event for event in self._kept if event.position > position]

    async def news(self, seconds: float) -> None:
        """Returns when the log has grown or was restored, or the time is over."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return

    async def watch(self) -> None:
        """Read on for as long as it is wanted; a service that is away is asked again."""
        while True:
            try:
                page = await self._logs.read(self._topic, Stretch(self.head, KEPT_EVENTS, POLL_SECONDS))
            except PeerUnavailable as error:
                log.warning("log-away", topic=self._topic.name, reason=str(error))
                await asyncio.sleep(AWAY_SECONDS)
                continue
            if page.epoch != self.epoch or page.head < self.head:
                self._kept.clear()
                self._characters = 0
                self.epoch, self.head = page.epoch, page.head
            elif page.items:
                self._keep(page.items)
            else:
                continue
            told, self._news = self._news, asyncio.Event()
            told.set()

    def _keep(self, items: Sequence[LoggedEvent]) -> None:
        self._kept.extend(items)
        self._characters += sum(len(event.data) for event in items)
        while len(self._kept) > 1 and (len(self._kept) > KEPT_EVENTS or self._characters > KEPT_CHARACTERS):
            self._characters -= len(self._kept.popleft().data)
        self.head = items[-1].position


class Tails:
    """The tails of the topics that are followed at the moment."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs
        self._open: dict[str, tuple[Tail, asyncio.Task[None], int]] = {}

    @asynccontextmanager
    async def follow(self, topic: Topic, page: LogPage) -> AsyncIterator[Tail]:
        """The topic's tail; `page` is what the follower has just read of it. Watched until the last follower leaves."""
        tail, task, followers = self._open.get(topic.name) or self._watch(topic, page)
        self._open[topic.name] = (tail, task, followers + 1)
        try:
            yield tail
        finally:
            tail, task, followers = self._open[topic.name]
            self._open[topic.name] = (tail, task, followers - 1)
            if followers == 1:
                del self._open[topic.name]
                task.cancel()

    def _watch(self, topic: Topic, page: LogPage) -> tuple[Tail, asyncio.Task[None], int]:
        tail = Tail(self._logs, topic, page)
        return tail, asyncio.create_task(tail.watch(), name=f"tail:{topic.name}"), 0
