"""The events of a file, collected as they become true and written many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import EVENTS_APPENDED
from shared.events.outbox import EventContext, Versioned, event_row
from shared.events.types import EventData, EventType
from shared.kernel_tables import event_log

D = TypeVar("D", bound=EventData)

_AT_ONCE: Final = 200


class Facts:
    """Events of one chunk. `outbox.append_many` writes the same fact about many; these differ in kind and day."""

    def __init__(self) -> None:
        self._rows: list[dict[str, object]] = []

    def add(
        self,
        event_type: EventType[D],
        aggregate: Versioned,
        data: D,
        context: EventContext,
        rules: Sequence[str],
        edition: str | None,
    ) -> None:
        """One event of a new aggregate, whose version this raises."""
        aggregate.version = (aggregate.version or 0) + 1
        row = event_row(event_type, aggregate.id, aggregate.version, data, context, rules, edition)
        self._rows.append(row)

    async def write(self, session: AsyncSession) -> None:
        """All of them, after the rows that they are about."""
        for start in range(0, len(self._rows), _AT_ONCE):
            await session.execute(insert(event_log), self._rows[start : start + _AT_ONCE])
            session.info[EVENTS_APPENDED] = True
        self._rows.clear()
