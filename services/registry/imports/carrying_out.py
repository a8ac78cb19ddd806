"""Carrying a file out within one transaction: everything, or nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.imports.reading import Read, chunks_of
from services.registry.imports.rows import Kind, Row, Tally, Work
from shared.errors import DomainError
from shared.files.tables import TableFile

TOLD_EVERY: Final = 500
"""Rows between two reports of progress, each of which is a transaction beside this one."""

Progress = Callable[[int], Awaitable[None]]


async def carry_out(
    session: AsyncSession, work: Work, kind: Kind, table: TableFile, *, partial: bool, keep: bool, progress: Progress
) -> Tally:
    """Check and carry out every row under one savepoint. Unless `keep`, or with a bad row and not `partial`, nothing of
    it stays. Raises 422 for a file that is not of this kind or has no rows."""
    tally, told = Tally(), 0
    savepoint = await session.begin_nested()
    async with chunks_of(kind, work.edition, table) as chunks:
        async for chunk in chunks:
            await _apply(session, work, kind, chunk, tally)
            if tally.rows - told >= TOLD_EVERY:
                told = tally.rows
                await progress(told)
            if tally.full and not partial:
                break
    if not tally.rows:
        raise DomainError("import-empty", 422)
    if keep and (partial or not tally.refused):
        await savepoint.commit()
    else:
        await savepoint.rollback()
    return tally


async def _apply(session: AsyncSession, work: Work, kind: Kind, chunk: list[Read], tally: Tally) -> None:
    rows: list[Row] = []
    order: dict[tuple[str, int], int] = {}
    before = len(tally.problems)
    for read in chunk:
        tally.rows += 1
        if isinstance(read, Row):
            rows.append(read)
            order[read.sheet, read.number] = tally.rows
        else:
            tally.count("refused", read)
            order[read[0].sheet, read[0].row] = tally.rows
    if rows:
        await kind.apply(session, work, rows, tally)
    tally.problems[before:] = sorted(tally.problems[before:], key=lambda found: order[found.sheet, found.row])
