"""One transaction at a time for a webhook, as far as this process goes.

Everything that becomes of a webhook's deliveries locks its row. If the process's own transactions queued for that lock
in the database, a process that is frozen would get it for each of them in turn and hold it every time until the server
ends the idle session: another process would wait that long times as many. Queued here, they are frozen with it.
"""

from __future__ import annotations

import asyncio
from uuid import UUID
from weakref import WeakValueDictionary


class Turns:
    """`async with turns.of(webhook_id):` around whatever locks the webhook."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    def of(self, webhook_id: UUID) -> asyncio.Lock:
        """The lock of one webhook; it is there for as long as somebody has it."""
        return self._locks.setdefault(webhook_id, asyncio.Lock())
