"""Carrying a file out within one transaction: everything, or nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.imports.reading import Read, chunks_of
from services.registry.imports.rows import Carrying, Kind, Overtaken, Row, Tally, Work
from shared.errors import DomainError
from shared.files.tables import TableFile

TOLD_EVERY: Final = 500
"""Rows between two reports of progress, each of which is a transaction beside this one."""

TRIES: Final = 3
"""How often a file begins again that was overtaken."""

Progress = Callable[[int], Awaitable[None]]


async def carry_out(
    session: AsyncSession, work: Work, kind: Kind, table: TableFile, *, partial: bool, keep: bool, progress: Progress
) -> Tally:
    """Check and carry out every row under one savepoint. Unless `keep`, or with a bad row and not `partial`, nothing of
    it stays. Raises 422 for a file that is not of this kind or has no rows, 409 `import-overtaken`."""
    for attempt in range(1, TRIES + 1):
        savepoint = await session.begin_nested()
        try:
            tally = await _once(session, work, kind, table, partial=partial, progress=progress)
        except Overtaken:
            await savepoint.rollback()
            if attempt == TRIES:
                raise
            continue
        if keep and (partial or not tally.refused):
            await savepoint.commit()
        else:
            await savepoint.rollback()
        return tally
    raise AssertionError("returns or raises in its last attempt")


async def _once(
    session: AsyncSession, work: Work, kind: Kind, table: TableFile, *, partial: bool, progress: Progress
) -> Tally:
    tally, told = Tally(), 0
    carrying = kind.begin(session, work)
    order: dict[str, int] = {}
    async with chunks_of(kind, work.edition, table) as chunks:
        async for chunk in chunks:
            await _apply(carrying, chunk, tally, order)
            if tally.rows - told >= TOLD_EVERY:
                told = tally.rows
                await progress(told)
            if tally.full and not partial:
                break
    if not tally.rows:
        raise DomainError("import-empty", 422)
    if partial or not tally.full:
        await carrying.settle(tally)
    tally.problems.sort(key=lambda found: (order[found.sheet], found.row))
    return tally


async def _apply(carrying: Carrying, chunk: list[Read], tally: Tally, order: dict[str, int]) -> None:
    """`order` keeps the sheets as they come."""
    rows: list[Row] = []
    for read in chunk:
        tally.rows += 1
        if isinstance(read, Row):
            rows.append(read)
            order.setdefault(read.sheet, len(order))
        else:
            tally.count("refused", read)
            order.setdefault(read[0].sheet, len(order))
    if rows:
        await carrying.take(rows, tally)
