"""One request and its answer at the front, on bare ASGI."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator
from typing import Final

from starlette.types import Message, Receive, Scope, Send

from gateway.front import headers as border
from gateway.front.headers import Headers
from shared.errors import DomainError
from shared.tracing import trace

SMALL_BODY_BYTES: Final = 64 * 1024
LINGER_SECONDS: Final = 2.0

_ALWAYS: Final[Headers] = [(b"x-content-type-options", b"nosniff")]


class CallerGone(Exception):
    """The caller closed the connection before its request was complete: nobody is left to answer."""


class Exchange:
    """What the front knows of a request, and what it has answered so far."""

    __slots__ = (
        "_declared",
        "_last_piece",
        "_limit",
        "_receive",
        "_received",
        "_send",
        "_wait",
        "account_id",
        "body_error",
        "body_read",
        "headers",
        "method",
        "raw_path",
        "reached",
        "request_id",
        "route",
        "scope",
        "sent_bytes",
        "started_at",
        "status",
        "trace",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self.headers: Headers = scope["headers"]
        self.method: str = scope["method"]
        self.raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
        sent = self.first(b"traceparent")
        self.trace = trace(sent.decode("latin-1") if sent is not None else None)
        self.request_id = border.request_id(self.first(b"x-request-id")) or (
            secrets.token_hex(16) if self.trace.continued else self.trace.id
        )
        self.route = "-"
        self.reached = False
        self.account_id = "-"
        self.status = 0
        self.sent_bytes = 0
        self.started_at = time.perf_counter()
        self.body_error: Exception | None = None
        self.body_read = True
        self._last_piece = False
        self._received = 0
        self._declared: int | None = None
        self._limit = 0
        self._wait = 0.0

    def first(self, name: bytes) -> bytes | None:
        """The value of the first header of this name (lower case)."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def all(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.headers if key == name]

    @property
    def content_length(self) -> int | None:
        return self._declared

    def expect_body(self, limit: int, wait: float) -> None:
        """Set how large the body may be (bytes) and how long a pause in it may last (seconds).

        Raises 400 for a length that is no number and 413 `payload-too-large` for one that says so at once.
        """
        self._limit, self._wait = limit, wait
        declared = self.first(b"content-length")
        if declared is not None:
            if not declared.isdigit():
                raise DomainError("request-malformed", 400)
            self._declared = int(declared)
            if self._declared > limit:
                raise self._too_large()
        self.body_read = self._declared is None and self.first(b"transfer-encoding") is None

    async def body(self) -> bytes | AsyncIterator[bytes] | None:
        """None where there is no body, bytes where it came in one piece, otherwise the pieces as they come."""
        if self.body_read:
            return None
        piece, last = await self._piece()
        return piece if last else self._rest(piece)

    async def whole_body(self) -> bytes:
        """The body in one piece, for what the gateway answers itself."""
        pieces = []
        while not self.body_read:
            pieces.append((await self._piece())[0])
        return b"".join(pieces)

    async def _rest(self, piece: bytes) -> AsyncIterator[bytes]:
        yield piece
        while not self.body_read:
            try:
                piece, _ = await self._piece()
            except Exception as error:
                self.body_error = error
                raise
            yield piece

    async def _piece(self) -> tuple[bytes, bool]:
        try:
            async with asyncio.timeout(self._wait):
                message = await self._receive()
        except TimeoutError as error:
            raise DomainError("body-too-slow", 408) from error
        if message["type"] == "http.disconnect":
            raise CallerGone
        piece: bytes = message.get("body", b"")
        self._received += len(piece)
        if self._received > self._limit:
            raise self._too_large()
        self.body_read = self._last_piece = not message.get("more_body", False)
        return piece, self.body_read

    def _too_large(self) -> DomainError:
        return DomainError("payload-too-large", 413, params={"limit": self._limit})

    async def gone(self) -> None:
        """Returns when the caller has closed the connection; only after the body has been read."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def receive(self) -> Message:
        """The caller's messages, for an app that runs behind the front in this process."""
        return await self._receive()

    async def send(self, message: Message) -> None:
        """Pass on a message of an app behind the front, with the front's own headers."""
        if message["type"] == "http.response.start":
            await self.start(message["status"], border.for_caller(message.get("headers", ())))
            return
        self.sent_bytes += len(message.get("body", b""))
        await self._send(message)

    async def start(self, status: int, headers: Headers) -> None:
        """Begin the answer."""
        self.status = status
        own = [(b"x-request-id", self.request_id.encode())]
        await self._send({"type": "http.response.start", "status": status, "headers": [*headers, *_ALWAYS, *own]})

    async def write(self, piece: bytes, *, more: bool) -> None:
        """Go on with the answer."""
        self.sent_bytes += len(piece)
        await self._send({"type": "http.response.body", "body": piece, "more_body": more})

    async def refuse(self, status: int, headers: Headers, body: bytes) -> None:
        """The whole answer at once, perhaps before the caller has sent everything.

        A small rest of the body is thrown away by the server and the connection goes on. A large or endless one closes
        it, but not at once: a connection closed under a sender loses the answer on its way to him (RFC 9112, 9.6).
        """
        length = (b"content-length", str(len(body)).encode())
        piece = b"" if self.method == "HEAD" else body
        if not self._much_is_unread():
            await self.start(status, [*headers, length])
            await self.write(piece, more=False)
            return
        await self.start(status, [*headers, length, (b"connection", b"close")])
        await self.write(piece, more=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                await self._throw_away()
        await self.write(b"", more=False)

    def _much_is_unread(self) -> bool:
        if self._last_piece:
            return False
        declared = self.first(b"content-length")
        if declared is None:
            return self.first(b"transfer-encoding") is not None
        return not declared.isdigit() or int(declared) > SMALL_BODY_BYTES

    async def _throw_away(self) -> None:
        while (message := await self._receive())["type"] != "http.disconnect" and message.get("more_body", False):
            pass
