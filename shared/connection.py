"""One HTTP/1.1 connection of a server process: uvicorn's, with an end to what a caller may send before it is a request.

uvicorn hands a request over once its headers are complete. Until then nobody watches: the connection is kept for ever
while a byte comes now and then, and headers are gathered without a limit. What applications check is checked after it.
"""

from __future__ import annotations

import asyncio
import resource
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

HEAD_SECONDS: Final = 15.0
"""From a request's first byte to the end of its headers; also from the connection's opening to a first byte."""
HEAD_BYTES: Final = 96 * 1024
"""Of one request's line and headers, as they are sent. The gateway's own limit lies below and says more."""

MOST_CONNECTIONS: Final = max(64, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 256)
"""Some files stay free for the database, the services and the broker."""

_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Connection(HttpToolsProtocol):
    """Closes what is no complete request head after HEAD_SECONDS or HEAD_BYTES, with 408 or 431."""

    head_seconds = HEAD_SECONDS
    head_bytes = HEAD_BYTES

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],  # uvicorn's own signature
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._in_head = True
        self._head_bytes = 0
        self._head_ends: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.close()
            return
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Fields after the body (trailers) go to a list that nobody reads: none is expected here (RFC 9110, 6.5.1)."""
        self._in_head = False
        if self._head_ends is not None:
            self._unwatch()
        super().on_headers_complete()
        self.headers = []

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        cycle: RequestResponseCycle | None = self.cycle
        answering = cycle is not None and not cycle.response_complete
        too_large = self._in_head and self._head_bytes > self.head_bytes
        if (answering and not too_large) or self.transport.is_closing():
            return
        if answering:
            self.transport.close()
        elif too_large:
            self._end(_TOO_LARGE)
        elif self._head_ends is None and self.timeout_keep_alive_task is None:
            self._watch_head()

    def _watch_head(self) -> None:
        self._head_ends = self.loop.call_later(self.head_seconds, self._end, _TOO_SLOW)

    def _unwatch(self) -> None:
        if self._head_ends is not None:
            self._head_ends.cancel()
            self._head_ends = None

    def _end(self, answer: bytes) -> None:
        self._unwatch()
        if not self.transport.is_closing():
            if self._in_head and self._head_bytes:
                self.transport.write(answer)
            self.transport.close()
