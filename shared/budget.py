"""How long whoever asks still waits: passed on from hop to hop, so that nobody works for somebody who has left.

The gateway gives each request a budget by the class of its route and says it in `Mengchuang-Budget-Ms`. A service does
not begin what cannot be finished, stops before its commit when the time is over, and passes on what is left when it
asks another service. A header from outside the suite never gets this far.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Final

from shared.errors import DomainError

HEADER: Final = "Mengchuang-Budget-Ms"
LEAST_SECONDS: Final = 0.005
"""With less than this there is nothing that could be begun and finished."""

_MILLISECONDS: Final = re.compile(r"[0-9]{1,7}")

_ends_at: ContextVar[float | None] = ContextVar("budget_ends_at", default=None)


def enter(sent: str | None) -> None:
    """Begin a request with the budget that was sent with it; without one, or a malformed one, it has no end."""
    known = sent is not None and _MILLISECONDS.fullmatch(sent)
    _ends_at.set(time.monotonic() + int(sent) / 1000 if known and sent is not None else None)


def left() -> float | None:
    """Seconds until whoever asked has stopped waiting, negative once he has; None where nobody said how long."""
    ends_at = _ends_at.get()
    return None if ends_at is None else ends_at - time.monotonic()


def within(seconds: float) -> float:
    """`seconds`, or what is left where that is less. Raises 503 `out-of-time` if nothing worth beginning is left."""
    rest = left()
    if rest is None:
        return seconds
    if rest < LEAST_SECONDS:
        raise out_of_time()
    return min(seconds, rest)


@asynccontextmanager
async def kept() -> AsyncIterator[None]:
    """Ends what runs within when the request's budget is used up: raises 503 `out-of-time`, also at once.

    Never around a commit: one that is interrupted may have happened.
    """
    rest = left()
    if rest is None:
        yield
        return
    if rest < LEAST_SECONDS:
        raise out_of_time()
    timeout = asyncio.timeout(rest)
    try:
        async with timeout:
            yield
    except TimeoutError:
        if timeout.expired():
            raise out_of_time() from None
        raise


def out_of_time() -> DomainError:
    """503 with Retry-After: the request was given up before anything was changed."""
    return DomainError("out-of-time", 503, headers={"Retry-After": "1"})
