"""What of a process's audit waits for the database, and how it gets there.

Entries that stand alone are committed before the answer they are about goes out. Counts and what ends an export are
written every two seconds; a process that is killed loses so much of them, and the next gap entry says between when.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Final, TypeVar

from prometheus_client import Counter, Gauge
from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit.entries import Entry, write
from gateway.audit.kinds import KINDS
from gateway.audit.models import AuditProcess, AuditTally
from gateway.audit.tally import Key, Tallies, row_of
from shared.clock import utcnow
from shared.db import Database
from shared.events.contracts.gateway import EntriesMissed, MissedState
from shared.ids import uuid7
from shared.logging import get_logger

T = TypeVar("T")

FLUSH_SECONDS: Final = 2.0
KEEP_SECONDS: Final = 3.0
"""How long an answer waits for its entry; then it is not given."""
STOP_SECONDS: Final = 3.0
MOST_WAITING: Final = 5_000
_AT_ONCE: Final = 500

WAITING = Gauge("mengchuang_audit_waiting", "Audit entries and counts of this process not in the database yet")
UNKEPT = Counter("mengchuang_audit_unkept", "Requests turned away because their audit entry could not be kept")
_TROUBLE: Final = (SQLAlchemyError, OSError, TimeoutError)

log = get_logger(__name__)


class Unkept(Exception):
    """The database is not there: the entry is not on record."""


class Ledger:
    """One per process; `wake` tells the sequencer that there is something to number."""

    def __init__(self, db: Database, wake: Callable[[], None]) -> None:
        self.id = uuid7()
        self.tallies = Tallies()
        self._db = db
        db.wake = wake
        self._waiting: list[Entry] = []
        self._kept_at = utcnow()
        self._started_at = utcnow()
        self._away = False
        self._turned_away = 0
        WAITING.set_function(lambda: len(self.tallies) + len(self._waiting))

    async def start(self, stack: AsyncExitStack) -> None:
        """Write from now on, until the stack closes; then once more what there is."""
        task = asyncio.create_task(self._run(), name="gateway:audit")

        async def stop() -> None:
            task.cancel()
            await asyncio.wait({task})
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_SECONDS):
                    await self.flush(last=True)

        stack.push_async_callback(stop)

    async def keep(self, entry: Entry) -> None:
        """On record when this returns. Raises Unkept."""
        try:
            async with asyncio.timeout(KEEP_SECONDS), self._db.transaction() as session:
                await write(session, [entry])
        except _TROUBLE as error:
            self._away = True
            raise Unkept from error

    def turned_away(self) -> None:
        """A request was refused because its entry could not be kept."""
        self._turned_away += 1
        UNKEPT.inc()

    def later(self, entry: Entry) -> None:
        """On record within two seconds, if this process lives so long and the database is there."""
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(entry)
        else:
            self.tallies.uncounted += 1

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()

    async def flush(self, *, last: bool = False) -> bool:
        """Write what waits; False where the database is away, and everything goes on waiting."""
        counts, entries = self.tallies.take(time.time()), self._waiting[:]
        gap = self._gap()
        try:
            async with asyncio.timeout(KEEP_SECONDS * 2), self._db.transaction() as session:
                await self._beat(session, last=last)
                await _add(session, counts)
                for part in _parts(entries):
                    await write(session, part)
                if gap is not None:
                    await write(session, [Entry(EntriesMissed, gap)])
        except BaseException as error:
            self.tallies.give_back(counts)
            if not isinstance(error, _TROUBLE):
                raise
            if not self._away:
                log.warning("audit-waits", reason=type(error).__name__)
            self._away = True
            return False
        del self._waiting[: len(entries)]
        self._kept_at = utcnow()
        if gap is not None:
            self._away = False
            self._turned_away -= gap.turned_away
            self.tallies.uncounted -= gap.uncounted
            log.warning("audit-gap", cause=gap.cause, turned_away=gap.turned_away, uncounted=gap.uncounted)
        return True

    def _gap(self) -> MissedState | None:
        uncounted = self.tallies.uncounted
        if not (self._away or self._turned_away or uncounted):
            return None
        return MissedState(
            process=self.id,
            cause="database_away" if self._away or self._turned_away else "too_many",
            from_at=self._kept_at,
            until_at=utcnow(),
            turned_away=self._turned_away,
            uncounted=uncounted,
        )

    async def _beat(self, session: AsyncSession, *, last: bool) -> None:
        if last:
            await session.execute(delete(AuditProcess).where(AuditProcess.id == self.id))
            return
        row = {"id": self.id, "started_at": self._started_at, "beat_at": func.now()}
        statement = insert(AuditProcess).values(row)
        beat = {"beat_at": statement.excluded.beat_at}
        await session.execute(statement.on_conflict_do_update(index_elements=[AuditProcess.id], set_=beat))


async def _add(session: AsyncSession, counts: Mapping[Key, int]) -> None:
    """Add to what was counted before, and by others; in one order, so that two processes never wait for each other."""
    rows = [row_of(KINDS[key[0]], key, count) for key, count in counts.items()]
    rows.sort(key=lambda row: str(row["key"]))
    for part in _parts(rows):
        statement = insert(AuditTally).values(part)
        more = {"count": AuditTally.count + statement.excluded.count}
        await session.execute(statement.on_conflict_do_update(index_elements=[AuditTally.key], set_=more))


def _parts(rows: Sequence[T]) -> list[Sequence[T]]:
    return [rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE)]


def instant(seconds: float) -> datetime:
    """Seconds since 1970 as an instant."""
    return datetime.fromtimestamp(seconds, UTC)
