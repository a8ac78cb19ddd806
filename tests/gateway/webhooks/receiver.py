"""What webhooks are sent to: a server on a raw socket that does what a test tells it, good or bad."""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from standardwebhooks import Webhook

from tests.support.waiting import free_port


@dataclass(frozen=True)
class Seen:
    """One request, as it came."""

    head: str
    headers: Mapping[str, str]
    body: str
    at: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Answer:
    """What is said to a request; `raw` instead of anything well formed, `hold` seconds before it."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    hold: float = 0
    endless: bool = False


Behaviour = Callable[[Seen], Awaitable[Answer]]


async def fine(_: Seen) -> Answer:
    return Answer()


class Receiver:
    """`async with Receiver() as receiver: receiver.url`. `under_way` is the greatest number of requests at a time."""

    def __init__(self, *, port: int | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.port = port or free_port()
        self.seen: list[Seen] = []
        self.behave: Behaviour = fine
        self.sent = 0
        self.most_at_once = 0
        self.twins = 0
        self._tls = tls
        self._at_once: list[str] = []
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [seen.id for seen in self.seen]

    def verified(self, secret: str) -> list[object]:
        """Everything that came, checked by the independent library. Raises where a signature is wrong."""
        signer = Webhook(secret)
        return [signer.verify(seen.body, dict(seen.headers)) for seen in self.seen]

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, ssl=self._tls)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError):
            while await self._serve(reader, writer):
                pass
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        seen = Seen(head, headers, body.decode(), time.time())
        self.seen.append(seen)
        self.twins += seen.id in self._at_once
        self._at_once.append(seen.id)
        self.most_at_once = max(self.most_at_once, len(self._at_once))
        try:
            answer = await self.behave(seen)
            await asyncio.sleep(answer.hold)
        finally:
            self._at_once.remove(seen.id)
        return await self._answer(writer, answer)

    async def _answer(self, writer: asyncio.StreamWriter, answer: Answer) -> bool:
        headers = dict(answer.headers)
        if not answer.endless:
            headers["content-length"] = str(len(answer.body))
        lines = [f"HTTP/1.1 {answer.status} X", *(f"{name}: {value}" for name, value in headers.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode() + answer.body)
        await writer.drain()
        while answer.endless:
            writer.write(b"x" * 65_536)
            self.sent += 65_536
            await writer.drain()
        return True
