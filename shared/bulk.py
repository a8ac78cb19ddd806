"""Writing many rows by one statement: most of what a sweep over thousands of rows costs is its statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ARRAY, Table, bindparam, column, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession


async def insert_rows(session: AsyncSession, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows that all have the same columns: `INSERT … SELECT … FROM unnest(…)`, one array for each column.

    Columns that are not named get their defaults, one value for all rows where Python computes it: a key that is not
    named is a ValueError. Not for columns of arrays or JSON, which unnest would take apart.
    """
    if not rows:
        return
    names = tuple(rows[0])
    computed = [key.name for key in table.primary_key if key.name not in names and key.default is not None]
    if computed:
        raise ValueError(f"{table.name}: name {', '.join(computed)} in the rows, or all of them get the same value")
    types = {name: table.c[name].type for name in names}
    arrays = (bindparam(name, [row[name] for row in rows], type_=ARRAY(types[name])) for name in names)
    derived = (column(name, types[name]) for name in names)
    source = func.unnest(*arrays).table_valued(*derived, name="new_rows").render_derived()
    await session.execute(insert(table).from_select(names, select(*source.c)))
