"""Waiting for facts of other services that are on their way here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final, TypeVar

T = TypeVar("T")

WAIT_SECONDS: Final = 1.0
_STEP_SECONDS: Final = 0.05


async def arrived(look: Callable[[], Awaitable[T | None]]) -> T | None:
    """What `look` finds, looking again for up to one second; None if it does not come.

    Called before the transaction locks anything: what is waited for is written by another transaction.
    """
    deadline = monotonic() + WAIT_SECONDS
    while (found := await look()) is None and monotonic() < deadline:
        await asyncio.sleep(_STEP_SECONDS)
    return found
