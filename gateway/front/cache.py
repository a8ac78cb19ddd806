"""Answers from the public registers to nobody in particular, kept for a second: a page everybody looks at is made once.

Only what anybody may read is kept, keyed by everything that an answer depends on, so nobody's rights can show in it. A
change that passes through this process empties what is kept of that service; one made elsewhere shows after the second.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Final

from prometheus_client import Counter

from gateway.front.exchange import Exchange
from gateway.front.headers import Headers
from gateway.front.upstream import Answer
from gateway.limits.classes import READS, RouteClass

REGISTERS: Final = frozenset(
    {
        b"activities",
        b"bank-products",
        b"banks",
        b"centres",
        b"circulars",
        b"coverage",
        b"divisions",
        b"mentors",
        b"offerings",
        b"practices",
        b"project-library",
        b"providers",
        b"rubrics",
        b"service-categories",
        b"trainings",
        b"voucher-guidance",
        b"voucher-programmes",
    }
)
MOST_ENTRIES: Final = 1000
MOST_BYTES: Final = 16 * 1024 * 1024

_DEPENDED_ON: Final = (b"accept", b"accept-language")
_CONDITIONS: Final = frozenset({b"if-none-match", b"if-modified-since"})
_NOT_FOR_ALL: Final = frozenset({b"authorization", b"range", b"if-match", b"if-range", b"if-unmodified-since"})
_IN_304: Final = frozenset({b"cache-control", b"content-location", b"etag", b"vary"})

ASKED = Counter("mengchuang_gateway_public_cache", "Requests that the public cache may answer", ["outcome"])

Key = tuple[str, bytes, bytes, bytes, bytes, date]
Fetch = Callable[[], Awaitable[Answer | None]]


@dataclass(frozen=True, slots=True)
class _Entry:
    answer: Answer
    etag: bytes
    until: float


class PublicCache:
    """At most MOST_ENTRIES answers of MOST_BYTES together, none older than `seconds`; 0 keeps none."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._caching = f"public, max-age={int(seconds)}".encode()
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()
        self._bytes = 0
        self._fetching: dict[Key, asyncio.Future[_Entry | None]] = {}
        self._changes: dict[str, int] = {}

    def key(self, exchange: Exchange, service: str, kind: RouteClass, today: date) -> Key | None:
        """What the answer is kept under, or None: not a public register, or not asked by nobody in particular."""
        if not self._seconds or exchange.method != "GET" or kind is not READS:
            return None
        if exchange.raw_path[4:].partition(b"/")[0] not in REGISTERS:
            return None
        fields = exchange.fields
        if not _NOT_FOR_ALL.isdisjoint(fields) or not exchange.body_read:
            return None
        accept, language = (fields.get(name, b"") for name in _DEPENDED_ON)
        return (service, exchange.raw_path, exchange.query, accept, language, today)

    def forget(self, service: str) -> None:
        """Something of this service has changed through this process."""
        if not self._seconds:
            return
        self._changes[service] = self._changes.get(service, 0) + 1
        for key in [key for key in self._entries if key[0] == service]:
            self._drop(key)

    async def answer(self, exchange: Exchange, key: Key, fetch: Fetch) -> Answer | None:
        """What is kept, or what `fetch` brings: one request asks the service, all that come meanwhile wait for it.

        If-None-Match is answered here (RFC 9110, 13.1.2): the service is always asked for the whole.
        """
        entry = self._entries.get(key)
        if entry is not None and time.monotonic() < entry.until:
            ASKED.labels("kept").inc()
            return _conditional(exchange, entry)
        asking = self._fetching.get(key)
        if asking is not None:
            shared = await asyncio.shield(asking)
            if shared is not None:
                ASKED.labels("shared").inc()
                return _conditional(exchange, shared)
            ASKED.labels("fetched").inc()
            return await fetch()
        ASKED.labels("fetched").inc()
        return await self._fetch(exchange, key, fetch)

    async def _fetch(self, exchange: Exchange, key: Key, fetch: Fetch) -> Answer | None:
        asking = self._fetching[key] = asyncio.get_running_loop().create_future()
        changes = self._changes.get(key[0], 0)
        exchange.headers = [field for field in exchange.headers if field[0] not in _CONDITIONS]
        entry: _Entry | None = None
        try:
            answer = await fetch()
            if answer is not None and self._may_keep(answer):
                entry = self._entry(answer)
                if self._changes.get(key[0], 0) == changes:
                    self._keep(key, entry)
        finally:
            del self._fetching[key]
            asking.set_result(entry)
        return _conditional(exchange, entry) if entry is not None else answer

    def _may_keep(self, answer: Answer) -> bool:
        if answer.status != HTTPStatus.OK:
            return False
        names = {name for name, _ in answer.headers}
        return b"cache-control" not in names and b"content-encoding" not in names

    def _entry(self, answer: Answer) -> _Entry:
        """With an ETag of its own where the service gave none: a weak one, which holds under any coding."""
        etag = next((value for name, value in answer.headers if name == b"etag"), None)
        headers: Headers = [*answer.headers, (b"cache-control", self._caching)]
        headers.append((b"vary", b"Accept, Accept-Language, Authorization"))
        if etag is None:
            etag = b'W/"' + hashlib.sha256(answer.body).hexdigest()[:32].encode() + b'"'
            headers.append((b"etag", etag))
        return _Entry(Answer(answer.status, headers, answer.body), etag, time.monotonic() + self._seconds)

    def _keep(self, key: Key, entry: _Entry) -> None:
        self._drop(key)
        self._entries[key] = entry
        self._bytes += len(entry.answer.body)
        while len(self._entries) > MOST_ENTRIES or self._bytes > MOST_BYTES:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= len(entry.answer.body)


def _conditional(exchange: Exchange, entry: _Entry) -> Answer:
    sent = exchange.fields.get(b"if-none-match")
    if sent is None or not _matches(sent, entry.etag):
        return entry.answer
    headers = [field for field in entry.answer.headers if field[0] in _IN_304]
    return Answer(HTTPStatus.NOT_MODIFIED, headers, b"")


def _matches(sent: bytes, etag: bytes) -> bool:
    """By weak comparison (RFC 9110, 8.8.3.2)."""
    known = etag.removeprefix(b"W/")
    return sent.strip() == b"*" or any(part.strip().removeprefix(b"W/") == known for part in sent.split(b","))
