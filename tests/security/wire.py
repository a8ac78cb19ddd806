"""Thousands of requests over a few connections that stay open: headers as they are, no library's help or tidiness."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import httptools

CONNECTIONS: Final = 16


@dataclass(frozen=True)
class Asked:
    """A request: its id, and whatever headers are to go along, in their order."""

    id: str
    method: str
    target: str
    headers: Sequence[tuple[bytes, bytes]] = ()
    body: bytes = b""

    def text(self, host: str) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1\r\nHost: {host}\r\nX-Request-Id: {self.id}".encode()]
        lines += [name + b": " + value for name, value in self.headers]
        if self.body:
            lines.append(b"Content-Type: application/json\r\nContent-Length: " + str(len(self.body)).encode())
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


@dataclass
class Answered:
    """What came back; status 0 where the connection was closed without a word."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class _Reader(asyncio.Protocol):
    """One connection: an answer at a time."""

    def __init__(self) -> None:
        self._answer = Answered()
        self._done: asyncio.Future[Answered] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.WriteTransport | None = None
        self.open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport, self.open = transport, True

    def connection_lost(self, _error: Exception | None) -> None:
        self.open = False
        if self._done is not None and not self._done.done():
            self._done.set_result(self._answer)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._answer.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._answer.body += body

    def on_message_complete(self) -> None:
        self._answer.status = self._parser.get_status_code()
        if self._done is not None and not self._done.done():
            self._done.set_result(self._answer)
        if not self._parser.should_keep_alive():
            self.close()

    def close(self) -> None:
        self.open = False
        if self._transport is not None:
            self._transport.close()

    async def ask(self, text: bytes) -> Answered:
        self._answer, self._done = Answered(), asyncio.get_running_loop().create_future()
        assert self._transport is not None
        self._transport.write(text)
        async with asyncio.timeout(30):
            return await self._done


async def ask_all(url: str, asked: Sequence[Asked], *, connections: int = CONNECTIONS) -> list[Answered]:
    """The answers in the order of the requests."""
    parts = urlsplit(url)
    answers = [Answered() for _ in asked]
    waiting = iter(enumerate(asked))
    await asyncio.gather(*(_work(parts.hostname or "", parts.port or 80, waiting, answers) for _ in range(connections)))
    return answers


async def _work(host: str, port: int, waiting: Iterator[tuple[int, Asked]], answers: list[Answered]) -> None:
    reader: _Reader | None = None
    for index, asked in waiting:
        if reader is None or not reader.open:
            _, reader = await asyncio.get_running_loop().create_connection(_Reader, host, port)
        answers[index] = await reader.ask(asked.text(f"{host}:{port}"))
    if reader is not None:
        reader.close()
