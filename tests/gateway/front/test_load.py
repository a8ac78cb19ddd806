"""Turning requests away before the process collapses: by how late its event loop is, not only by how many there are."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.types import Message

import gateway
from gateway.front.exchange import Exchange
from gateway.front.load import BEAT_SECONDS, BEATS, Load
from shared.http.messages import Messages
from tests.support.waiting import eventually

LIMIT = 0.1


def exchange(path: bytes, *headers: tuple[bytes, bytes]) -> Exchange:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        raise AssertionError(message)

    scope = {"type": "http", "method": "GET", "path": path.decode(), "raw_path": path, "headers": [*headers]}
    return Exchange(scope, receive, send)


@pytest.fixture
async def load() -> AsyncIterator[Load]:
    messages = Messages.load(Path(gateway.__file__).parent / "messages.toml")
    load = Load(messages, most_in_flight=8, most_lag_seconds=LIMIT)
    await load.start()
    yield load
    await load.stop()


async def _be_late(seconds: float) -> None:
    """Hold the loop up in one beat after the other."""
    for _ in range(BEATS + 1):
        time.sleep(BEAT_SECONDS + seconds)  # noqa: ASYNC251 - that it blocks is the point
        await asyncio.sleep(0.001)


async def test_a_late_loop_turns_away_who_is_unknown_first_and_health_never(load: Load) -> None:
    stranger, known = exchange(b"/v1/centres"), exchange(b"/v1/centres", (b"authorization", b"Bearer x"))
    always = [exchange(path) for path in (b"/healthz", b"/readyz", b"/metrics", b"/v1/auth/revoke")]
    assert not load.sheds(stranger)
    await _be_late(LIMIT * 1.4)
    assert LIMIT <= load.lag < 2 * LIMIT
    assert load.sheds(stranger)
    assert not load.sheds(known)
    await _be_late(LIMIT * 2.6)
    assert load.sheds(known)
    assert not any(load.sheds(one) for one in always)
    assert await eventually(lambda: not load.sheds(stranger))


async def test_one_long_step_is_no_overload(load: Load) -> None:
    await asyncio.sleep(BEAT_SECONDS * 2)
    time.sleep(LIMIT * 8)  # noqa: ASYNC251 - it has to block
    await asyncio.sleep(0.001)
    assert not load.sheds(exchange(b"/v1/centres"))
