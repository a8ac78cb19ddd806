"""One request and its answer at the front, on bare ASGI."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterable
from typing import TYPE_CHECKING, Final

from starlette.types import Message, Receive, Scope, Send

from gateway.front import compression, headers as border
from gateway.front.headers import Headers
from gateway.front.held import HeldBody
from gateway.front.json_depth import DepthScanner, is_json
from shared.errors import DomainError
from shared.tracing import trace

if TYPE_CHECKING:
    from gateway.front.attended import Attended
    from gateway.limits.leases import Bucket, Taken

SMALL_BODY_BYTES: Final = 64 * 1024
LINGER_SECONDS: Final = 2.0
GRACE_SECONDS: Final = 5.0
"""A body may take this long besides what its size takes at the slowest rate that is borne with."""

_NOT_KEPT: Final = (b"cache-control", b"no-store")
"""For every answer that the service says nothing else about: most are somebody's own."""


class CallerGone(Exception):
    """The caller closed the connection before its request was complete: nobody is left to answer."""


class Exchange:
    """What the front knows of a request, and what it has answered so far."""

    __slots__ = (
        "_coder",
        "_declared",
        "_held",
        "_last_piece",
        "_limit",
        "_rate",
        "_receive",
        "_received",
        "_scanner",
        "_send",
        "_wait",
        "_waited",
        "account_id",
        "always",
        "always_names",
        "attended",
        "body_error",
        "body_read",
        "compressible",
        "extra",
        "fields",
        "headers",
        "headers_size",
        "limited",
        "method",
        "query",
        "raw_path",
        "reached",
        "refusal",
        "repeated",
        "request_id",
        "route",
        "scope",
        "sent_bytes",
        "started_at",
        "status",
        "subject",
        "template",
        "trace",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self.headers: Headers = scope["headers"]
        self.method: str = scope["method"]
        self.raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
        self.query: bytes = scope.get("query_string", b"")
        self.fields, self.headers_size, self.repeated = border.read(self.headers)
        sent = self.fields.get(b"traceparent")
        self.trace = trace(sent.decode("latin-1") if sent is not None else None)
        self.request_id = border.request_id(self.fields.get(b"x-request-id")) or (
            secrets.token_hex(16) if self.trace.continued else self.trace.id
        )
        self.route = "-"
        self.template: str | None = None
        self.attended: Attended | None = None
        self.refusal: str | None = None
        self.reached = False
        self.account_id = "-"
        self.status = 0
        self.sent_bytes = 0
        self.started_at = time.perf_counter()
        self.subject = "-"
        """Whose bucket its address draws from."""
        self.always: Headers = []
        self.always_names: frozenset[bytes] = frozenset()
        self.extra: Headers = []
        self.limited: Bucket | Taken | None = None
        self.compressible = False
        self.body_error: Exception | None = None
        self.body_read = True
        self._held: Message | None = None
        self._coder: compression.Coder | None = None
        self._scanner: DepthScanner | None = None
        self._last_piece = False
        self._received = 0
        self._declared: int | None = None
        self._limit = 0
        self._wait = 0.0
        self._rate = 1.0
        self._waited = 0.0

    def first(self, name: bytes) -> bytes | None:
        """The value of the first header of this name (lower case)."""
        return self.fields.get(name)

    def all(self, name: bytes) -> list[bytes]:
        if name not in self.fields:
            return []
        return [value for key, value in self.headers if key == name]

    @property
    def content_length(self) -> int | None:
        return self._declared

    def expect_body(self, limit: int, wait: float, *, rate: float = 1.0, depth: int | None = None) -> None:
        """Set how large the body may be (bytes), how long a pause in it may last (seconds), how slowly it may come.

        `rate` is in bytes a second, over the time that the caller was waited for; `depth` is how deep JSON may nest.
        Raises 400 for a length that is no number and 413 `payload-too-large` for one that says so at once.
        """
        self._limit, self._wait, self._rate = limit, wait, rate
        declared = self.fields.get(b"content-length")
        if declared is not None:
            declared = declared.strip()
            if not declared.isdigit():
                raise DomainError("request-malformed", 400)
            self._declared = int(declared)
            if self._declared > limit:
                raise self._too_large()
        self.body_read = self._declared is None and b"transfer-encoding" not in self.fields
        if depth is not None and not self.body_read and is_json(self.fields.get(b"content-type")):
            self._scanner = DepthScanner(depth)

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

    async def hold(self, look: Callable[[bytes], None]) -> None:
        """Receive the whole body now, showing each piece to `look`; afterwards it is read as if it came in then.

        A large one lies on the disk in between. Raises what reading it raises.
        """
        if self.body_read:
            return
        held = HeldBody()
        while not self.body_read:
            piece, _ = await self._piece()
            look(piece)
            held.write(piece)
        self._receive = held.played_back(self._receive)
        self.body_read, self._received, self._waited, self._scanner = False, 0, 0.0, None

    def answer_through(self, wrap: Callable[[Send], Send]) -> None:
        """Let what is sent to the caller from now on pass through `wrap`."""
        self._send = wrap(self._send)

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
        patience = GRACE_SECONDS + self._received / self._rate - self._waited
        began = time.perf_counter()
        try:
            async with asyncio.timeout(max(0.0, min(self._wait, patience))):
                message = await self._receive()
        except TimeoutError as error:
            raise DomainError("body-too-slow", 408) from error
        self._waited += time.perf_counter() - began
        if message["type"] == "http.disconnect":
            raise CallerGone
        piece: bytes = message.get("body", b"")
        self._received += len(piece)
        if self._received > self._limit:
            raise self._too_large()
        self.body_read = self._last_piece = not message.get("more_body", False)
        if self._scanner is not None and self._scanner.too_deep(piece, last=self.body_read):
            raise DomainError("json-too-deep", 422)
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
            raw: Iterable[tuple[bytes, bytes]] = message.get("headers", ())
            for name, value in raw:
                if name.lower() in border.INTERNAL:
                    self.learn(name.lower(), value.decode("latin-1"))
            if self.compressible and any(name.lower() == b"content-length" for name, _ in raw):
                self._held = {**message, "headers": border.for_caller(raw)}
                return
            await self.start(message["status"], border.for_caller(raw))
            return
        held, self._held = self._held, None
        body: bytes = message.get("body", b"")
        more: bool = message.get("more_body", False)
        if held is not None and not more:
            await self.answer(held["status"], held["headers"], body)
            return
        if held is not None:
            await self.start(held["status"], held["headers"])
        await self.write(body, more=more)

    def learn(self, name: bytes, text: str) -> None:
        """What a service says to the front alone (`border.INTERNAL`)."""
        if name == border.ROUTE:
            self.template = text
        elif self.attended is not None:
            self.attended.learn(name, text)

    async def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """The whole answer, compressed where that may be and is worth it."""
        plain = body
        if self.compressible and self.method != "HEAD" and compression.may_code(status, headers, len(body)):
            coding = self._coding()
            headers = compression.coded_headers(headers, coding)
            if coding is not None:
                coder = compression.coder(coding)
                body = coder.compress(body) + coder.flush()
                headers.append((b"content-length", str(len(body)).encode()))
        await self._begin(status, headers)
        await self._put(b"" if self.method == "HEAD" else body, plain, more=False)

    async def start(self, status: int, headers: Headers) -> None:
        """Begin an answer that comes in pieces, with the front's own headers where the service set none of them."""
        if self.compressible and self.method != "HEAD" and compression.may_code(status, headers, None):
            coding = self._coding()
            headers = compression.coded_headers(headers, coding)
            await self._begin(status, headers)
            self._coder = compression.coder(coding) if coding is not None else None
            return
        await self._begin(status, headers)

    async def _begin(self, status: int, headers: Headers) -> None:
        given = {name for name, _ in headers}
        if self.attended is not None:
            await self.attended.begin(status, given)
        self.status = status
        always = self.always
        if not given.isdisjoint(self.always_names):
            always = [field for field in always if field[0] not in given]
        headers = [*headers, *always, *self.extra]
        if b"cache-control" not in given:
            headers.append(_NOT_KEPT)
        if self.limited is not None:
            headers += self.limited.fields()
        headers.append((b"x-request-id", self.request_id.encode()))
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    def _coding(self) -> str | None:
        accepted = self.fields.get(b"accept-encoding")
        return compression.chosen(accepted) if accepted is not None else None

    async def write(self, piece: bytes, *, more: bool) -> None:
        """Go on with the answer."""
        plain = piece
        if self._coder is not None:
            piece = self._coder.compress(piece) + (b"" if more else self._coder.flush())
        await self._put(piece, plain, more=more)

    async def _put(self, piece: bytes, plain: bytes, *, more: bool) -> None:
        if piece or not more:
            self.sent_bytes += len(piece)
            await self._send({"type": "http.response.body", "body": piece, "more_body": more})
        if self.attended is not None:
            self.attended.passed(plain, more=more)

    async def refuse(self, status: int, headers: Headers, body: bytes) -> None:
        """The whole answer at once, perhaps before the caller has sent everything.

        A small rest of the body is thrown away by the server and the connection goes on. A large or endless one closes
        it, but not at once: a connection closed under a sender loses the answer on its way to him (RFC 9112, 9.6).
        """
        length = (b"content-length", str(len(body)).encode())
        piece = b"" if self.method == "HEAD" else body
        if not self._much_is_unread():
            await self._begin(status, [*headers, length])
            await self.write(piece, more=False)
            return
        closing = [] if (b"connection", b"close") in headers else [(b"connection", b"close")]
        await self._begin(status, [*headers, length, *closing])
        await self.write(piece, more=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                await self._throw_away()
        await self.write(b"", more=False)

    def _much_is_unread(self) -> bool:
        if self._last_piece:
            return False
        declared = self.fields.get(b"content-length")
        if declared is None:
            return b"transfer-encoding" in self.fields
        return not declared.isdigit() or int(declared) > SMALL_BODY_BYTES

    async def _throw_away(self) -> None:
        while (message := await self._receive())["type"] != "http.disconnect" and message.get("more_body", False):
            pass
