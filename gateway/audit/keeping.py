"""The elected process's part: counts that have ended become entries, and processes that died are told of."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit.entries import Entry, write
from gateway.audit.kinds import KINDS, TYPES
from gateway.audit.models import AuditProcess, AuditTally
from shared.clock import utcnow
from shared.events.contracts.gateway import EntriesMissed, MissedState
from shared.logging import get_logger
from shared.runtime import Runtime

TURN_SECONDS: Final = 2.0
GRACE: Final = timedelta(seconds=15)
"""After the end of a while, for processes that have not written their counts of it yet."""
LOST: Final = timedelta(seconds=30)
"""After which a process that says nothing counts as dead."""
_AT_ONCE: Final = 500

log = get_logger(__name__)


async def close_audit_counts(runtime: Runtime) -> None:
    """Worker: makes entries of counts whose while is over, and tells of processes that died."""
    loop = asyncio.get_running_loop()
    # Whoever could not reach the database a moment ago is not dead: each gets the time to say so.
    heard_from = loop.time() + LOST.total_seconds()
    while True:
        try:
            async with runtime.db.transaction() as session:
                closed = await close_counts(session)
            if loop.time() > heard_from:
                async with runtime.db.transaction() as session:
                    await tell_of_lost(session)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("audit-counts-wait", reason=type(error).__name__)
            heard_from = loop.time() + LOST.total_seconds()
            closed = 0
        if closed < _AT_ONCE:
            await asyncio.sleep(TURN_SECONDS)


async def close_counts(session: AsyncSession) -> int:
    """Counts of whiles that are over become entries; returns how many."""
    over = (
        select(AuditTally.key)
        .where(AuditTally.closes_at < func.now() - GRACE)
        .order_by(AuditTally.closes_at)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    columns = (
        AuditTally.kind,
        AuditTally.opens_at,
        AuditTally.closes_at,
        AuditTally.what,
        AuditTally.count.label("times"),
    )
    statement = delete(AuditTally).where(AuditTally.key.in_(over)).returning(*columns)
    rows = (await session.execute(statement.execution_options(synchronize_session=False))).all()
    entries = [
        Entry(
            TYPES[row.kind],
            KINDS[row.kind].data.model_validate(
                {**row.what, "count": row.times, "from_at": row.opens_at, "until_at": row.closes_at}
            ),
        )
        for row in sorted(rows, key=lambda row: row.opens_at)
    ]
    await write(session, entries)
    return len(entries)


async def tell_of_lost(session: AsyncSession) -> int:
    """A process that ended without a word: what it counted after its last one is not on record."""
    statement = (
        delete(AuditProcess)
        .where(AuditProcess.beat_at < func.now() - LOST)
        .returning(AuditProcess.id, AuditProcess.beat_at)
        .execution_options(synchronize_session=False)
    )
    lost = (await session.execute(statement)).all()
    entries = [
        Entry(
            EntriesMissed,
            MissedState(
                process=row.id,
                cause="process_lost",
                from_at=row.beat_at,
                until_at=utcnow(),
                turned_away=0,
                uncounted=0,
            ),
        )
        for row in lost
    ]
    await write(session, entries)
    return len(entries)
