"""Local copies of other services' aggregates: the highest version wins, whatever the order and the repetition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

PARAMETERS = 30_000
"""PostgreSQL takes 65,535 bind parameters a statement; a batch stays well below."""


async def upsert_projection(session: AsyncSession, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows with at least `id` and `version`, all with the same columns, keeping what is already newer.

    Columns of the table that the rows do not name (the service's own marks) stay as they are.
    """
    newest: dict[object, Mapping[str, Any]] = {}
    for row in rows:
        known = newest.get(row["id"])
        if known is None or known["version"] < row["version"]:
            newest[row["id"]] = row
    # A fixed order of locks, so that two writers of one table cannot wait for each other.
    values = sorted(newest.values(), key=lambda row: str(row["id"]))
    step = max(1, PARAMETERS // max(1, len(values[0]))) if values else 1
    for start in range(0, len(values), step):
        chunk = values[start : start + step]
        statement = insert(table).values(chunk)
        replaced = {name: statement.excluded[name] for name in chunk[0] if name != "id"}
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=[table.c.id], set_=replaced, where=table.c.version < statement.excluded.version
            )
        )
