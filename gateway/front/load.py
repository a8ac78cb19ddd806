"""Turns requests away before the process collapses: a late event loop makes everybody wait."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from typing import Final

from prometheus_client import Counter, Gauge

from gateway.front.exchange import Exchange
from shared.http.messages import CONTENT_LANGUAGE, Language, Messages, preferred_language
from shared.http.problems import MEDIA_TYPE, TYPE_PREFIX

BEAT_SECONDS: Final = 0.1
BEATS: Final = 8
"""The loop counts as late by the least delay of so many beats: one long step is no overload."""

_NEVER_SHED: Final = re.compile(
    rb"/(?:healthz|readyz|metrics)"
    rb"|/v1/(?:auth/(?:revoke|sessions(?:/[^/]+)?)|accounts/[^/]+/(?:disable|sessions/revoke)|api-keys/[^/]+/revoke"
    rb"|outside-identities/[^/]+/disable)"
)
_CODE: Final = "overloaded"

IN_FLIGHT = Gauge("mengchuang_gateway_in_flight", "Requests being answered")
LAG = Gauge("mengchuang_gateway_loop_lag_seconds", "How late the event loop has been at least, lately")
SHED = Counter("mengchuang_gateway_shed", "Requests turned away because of overload", ["reason"])


def is_never_shed(raw_path: bytes) -> bool:
    """Whether whatever is sent there comes through: health, ending a session or a key, stopping somebody."""
    return _NEVER_SHED.fullmatch(raw_path) is not None


class Load:
    """How much this process has to do. Who signed in is turned away later than who did not."""

    def __init__(self, messages: Messages, *, most_in_flight: int, most_lag_seconds: float) -> None:
        self._most = most_in_flight
        self._lag_limit = most_lag_seconds
        self.in_flight = 0
        self.lag = 0.0
        self._delays = [0.0] * BEATS
        self._answers = {language: _answer(messages, language) for language in CONTENT_LANGUAGE}
        self._task: asyncio.Task[None] | None = None
        IN_FLIGHT.set_function(lambda: self.in_flight)
        LAG.set_function(lambda: self.lag)

    async def start(self) -> None:
        """Begin to watch the running loop."""
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def sheds(self, exchange: Exchange) -> bool:
        """Whether this request is turned away. Health, ending sessions and stopping others come through."""
        known = b"authorization" in exchange.fields
        if self.in_flight < (self._most if known else self._most * 3 // 4) and self.lag < (
            self._lag_limit * 2 if known else self._lag_limit
        ):
            return False
        if is_never_shed(exchange.raw_path):
            return False
        SHED.labels("lag" if self.lag >= self._lag_limit else "in-flight").inc()
        return True

    async def refuse(self, exchange: Exchange) -> None:
        """503 `overloaded` from a ready-made text: nothing is looked up or rendered."""
        sent = exchange.fields.get(b"accept-language")
        language = preferred_language(sent.decode("latin-1") if sent is not None else None)
        headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-language", CONTENT_LANGUAGE[language].encode()),
            (b"retry-after", b"2"),
        ]
        exchange.refusal = _CODE
        await exchange.refuse(503, headers, self._answers[language])

    async def _watch(self) -> None:
        beat = 0
        while True:
            began = time.monotonic()
            await asyncio.sleep(BEAT_SECONDS)
            self._delays[beat % BEATS] = time.monotonic() - began - BEAT_SECONDS
            self.lag = max(0.0, min(self._delays))
            beat += 1


def _answer(messages: Messages, language: Language) -> bytes:
    text = messages.text(_CODE, language, {})
    problem = {"type": TYPE_PREFIX + _CODE, "title": text.title, "status": 503, "detail": text.detail, "code": _CODE}
    return json.dumps({**problem, "instance": "", "clauses": []}, ensure_ascii=False).encode()
