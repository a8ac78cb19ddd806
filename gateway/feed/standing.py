"""Whether somebody who waits or listens may go on: his rights as they are now, and the process's own end."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from starlette.datastructures import State
from starlette.requests import Request

from shared.errors import unauthenticated

STILL_KEY: Final = "mengchuang.still"
"""Where the front puts into the ASGI scope how to ask whether the caller's credentials and rights are unchanged."""
CHECK_SECONDS: Final = 0.5

Still = Callable[[], Awaitable[bool]]


class Standing:
    """A caller's standing, asked anew when the last answer is half a second old."""

    def __init__(self, request: Request, processes: Sequence[State]) -> None:
        self._still: Still | None = request.scope.get(STILL_KEY)
        self._processes = processes
        self._checked = time.monotonic()

    @property
    def draining(self) -> bool:
        """Whether the process has been told to stop."""
        return any(getattr(state, "draining", False) for state in self._processes)

    async def holds(self) -> bool:
        """Whether the caller may still read what he could read at first."""
        if self._still is None or time.monotonic() - self._checked < CHECK_SECONDS:
            return True
        self._checked = time.monotonic()
        return await self._still()

    async def require(self) -> None:
        """Raises 401 where it does not hold any more."""
        if not await self.holds():
            raise unauthenticated()
