"""Adding the changes up: in the elected process, every few seconds, in pieces, and safe to run anywhere any number of
times."""

from __future__ import annotations

import asyncio
from typing import Final

from sqlalchemy import Table, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.sums.models import (
    POSTING_KEY,
    POSTING_SUMS,
    USE_KEY,
    USE_SUMS,
    monthly_posting,
    monthly_use,
    posting_change,
    use_change,
)
from shared.db import Database
from shared.runtime import Runtime

EVERY_SECONDS: Final = 20
AT_ONCE: Final = 20_000


def _fold(changes: Table, sums: Table, key: tuple[str, ...], amounts: tuple[str, ...]) -> TextClause:
    """Takes some changes away and adds them to the sums, in one statement: whoever reads sees each of them once. The
    sums' rows are written in the order of their key, and changes that another is folding are left to it."""
    keys, totals = ", ".join(key), ", ".join(f"sum({name})" for name in amounts)
    raised = ", ".join(f"{name} = kept.{name} + excluded.{name}" for name in amounts)
    return text(
        f"""
        WITH taken AS (
            DELETE FROM {changes.name} WHERE ctid = ANY (
                ARRAY(SELECT ctid FROM {changes.name} LIMIT :most FOR UPDATE SKIP LOCKED)
            ) RETURNING *
        ), added AS (
            INSERT INTO {sums.name} AS kept ({keys}, {", ".join(amounts)})
            SELECT {keys}, {totals} FROM taken GROUP BY {keys} ORDER BY {keys}
            ON CONFLICT ({keys}) DO UPDATE SET {raised}
        )
        SELECT count(*) FROM taken
        """  # noqa: S608  # put together from constants
    )


_FOLDS: Final = (
    _fold(use_change, monthly_use, USE_KEY, USE_SUMS),
    _fold(posting_change, monthly_posting, POSTING_KEY, POSTING_SUMS),
)


async def watch_sums(runtime: Runtime) -> None:
    """Keeps what is still to be added up small; the sums are exact without it too."""
    while True:
        await fold_all(runtime.db)
        await asyncio.sleep(EVERY_SECONDS)


async def fold_all(db: Database, at_once: int = AT_ONCE) -> int:
    """Add up everything there is, a transaction a piece; how many changes there were."""
    total = 0
    for number in range(len(_FOLDS)):
        while folded := await db.run(lambda session: fold_some(session, number, at_once)):  # noqa: B023  # awaited at once
            total += folded
    return total


async def fold_some(session: AsyncSession, number: int, at_once: int) -> int:
    """A piece of one of the two; how many changes it had."""
    return int((await session.execute(_FOLDS[number], {"most": at_once})).scalar_one())
