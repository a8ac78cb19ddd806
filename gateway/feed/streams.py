"""A topic's events as a stream of server-sent events, which is resumed by position (HTML, 9.2)."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.feed.queries import STRETCH, Wanted, cloud_event
from gateway.feed.sources import LoggedEvent, LogPage, Logs, Stretch
from gateway.feed.standing import CHECK_SECONDS, Standing
from gateway.feed.tails import AWAY_SECONDS, Tail, Tails
from shared.errors import DomainError
from shared.logging import get_logger
from shared.peers import PeerUnavailable

MEDIA_TYPE: Final = "text/event-stream"
HEARTBEAT_SECONDS: Final = 10.0
"""Shorter than the patience of the proxies that stand in between."""
SLOW_SECONDS: Final = 15.0
"""A reader who takes nothing for so long is let go; he resumes where he was."""
PIECE_CHARACTERS: Final = 64 * 1024

log = get_logger(__name__)


class Streams:
    """How many streams are open in this process, and for whom."""

    def __init__(self, per_caller: int, per_process: int) -> None:
        self._per_caller = per_caller
        self._per_process = per_process
        self._open: Counter[str] = Counter()

    @contextmanager
    def one_more(self, account_id: str) -> Iterator[None]:
        """Raises 429 `streams-too-many`."""
        if self._open[account_id] >= self._per_caller or self._open.total() >= self._per_process:
            params = {"limit": self._per_caller}
            raise DomainError("streams-too-many", 429, params=params, headers={"Retry-After": "5"})
        self._open[account_id] += 1
        try:
            yield
        finally:
            self._open[account_id] -= 1
            if not self._open[account_id]:
                del self._open[account_id]


class EventStream(Response):
    """The answer that goes on until the reader leaves, is too slow, loses his rights, or the process ends."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        logs: Logs,
        tails: Tails,
        streams: Streams,
        wanted: Wanted,
        page: LogPage,
        *,
        standing: Standing,
        account_id: str,
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._logs = logs
        self._tails = tails
        self._streams = streams
        self._wanted = wanted
        self._page = page
        self._standing = standing
        self._account_id = account_id
        self._position = wanted.after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._streams.one_more(self._account_id):
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b""})
                return
            sending = asyncio.create_task(self._send(send))
            leaving = asyncio.create_task(_gone(receive))
            try:
                await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
                if sending.done():
                    sending.result()
            finally:
                for task in (sending, leaving):
                    task.cancel()
                await asyncio.wait({sending, leaving})

    async def _send(self, send: Send) -> None:
        async with self._tails.follow(self._wanted.topic, self._page) as tail:
            async for piece in self._pieces(tail):
                try:
                    async with asyncio.timeout(SLOW_SECONDS):
                        await send({"type": "http.response.body", "body": piece.encode(), "more_body": True})
                except TimeoutError:
                    log.warning("stream-reader-slow", topic=self._wanted.topic.name, account_id=self._account_id)
                    return
        await send({"type": "http.response.body", "body": b""})

    async def _pieces(self, tail: Tail) -> AsyncIterator[str]:
        epoch = self._page.epoch
        yield f"retry: {random.randint(1000, 3000)}\n{self._say('log', epoch=epoch, head=self._page.head)}"  # noqa: S311  # spreads reconnects
        said_at = time.monotonic()
        while True:
            if self._standing.draining:
                yield self._say("end", reason="restarting")
                return
            if not await self._standing.holds():
                yield self._say("end", reason="rights")
                return
            if tail.epoch != epoch or tail.head < self._position:
                yield self._say("restored", epoch=tail.epoch, head=tail.head)
                return
            items = await self._next(tail)
            for piece in self._events(items):
                yield piece
                said_at = time.monotonic()
            if items:
                continue
            if time.monotonic() - said_at >= HEARTBEAT_SECONDS:
                # Moves the reader's last event id without an event: others' events in between are not read again.
                yield f"id: {self._position}\n\n"
                said_at = time.monotonic()
            await tail.news(CHECK_SECONDS)

    async def _next(self, tail: Tail) -> list[LoggedEvent]:
        """What comes after the position, from what is kept in this process or from the log itself."""
        kept = tail.after(self._position)
        if kept is not None:
            return list(kept)
        try:
            page = await self._logs.read(self._wanted.topic, Stretch(self._position, STRETCH, 0))
        except PeerUnavailable:
            await asyncio.sleep(AWAY_SECONDS)
            return []
        return page.items if page.epoch == self._page.epoch else []

    def _events(self, items: list[LoggedEvent]) -> Iterator[str]:
        """Those of the items that are for the reader, a few in one piece."""
        lines: list[str] = []
        size = 0
        for item in items:
            self._position = item.position
            if not self._wanted.shows(item):
                continue
            lines.append(_message(item))
            size += len(lines[-1])
            if size >= PIECE_CHARACTERS:
                yield "".join(lines)
                lines, size = [], 0
        if lines:
            yield "".join(lines)

    def _say(self, event: str, **values: str | int) -> str:
        """Something about the stream itself, under a name of its own."""
        about: Mapping[str, str | int] = {"topic": self._wanted.topic.name, "position": self._position, **values}
        return f"event: {event}\ndata: {json.dumps(about)}\n\n"


def _message(item: LoggedEvent) -> str:
    text = cloud_event(item).replace("\r", "").replace("\n", "\ndata: ")
    return f"id: {item.position}\ndata: {text}\n\n"


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
