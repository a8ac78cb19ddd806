"""Many at once, as real clients are: what is answered 503 because the service is busy is sent again with its key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

from httpx import Response

T = TypeVar("T")
AT_ONCE = 16
_PAUSE_SECONDS = 0.2
_TRIES = 150


async def patiently(send: Callable[[], Awaitable[Response]]) -> Response:
    """The first answer that is not 503; `send` uses the same idempotency key every time."""
    for _ in range(_TRIES):
        answer = await send()
        if answer.status_code != 503:
            return answer
        await asyncio.sleep(_PAUSE_SECONDS)
    raise AssertionError("busy all the time")


async def a_few_at_once(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Everything, never more at a time than a service takes without refusing."""
    free = asyncio.Semaphore(AT_ONCE)

    async def one(job: Coroutine[Any, Any, T]) -> T:
        async with free:
            return await job

    return await asyncio.gather(*(one(job) for job in work))
