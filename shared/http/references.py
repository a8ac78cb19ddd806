"""What a reader of a file sees in place of an id: the number, code or name by which people know the thing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

Source = ColumnElement[Any] | InstrumentedAttribute[Any]
"""A column of any type, hence Any."""


class Reference:
    """The things that a field's ids mean, and the columns that tell them.

    The file names nothing but what its list has shown the id of, to a caller who may read that list.
    """

    def __init__(self, key: Source, *columns: Source) -> None:
        self._key = key
        self._columns = columns

    async def told(self, session: AsyncSession, ids: Iterable[UUID]) -> dict[str, str]:
        """By id; what is not known here is left out."""
        wanted = list(ids)
        if not wanted:
            return {}
        rows = await session.execute(select(self._key, *self._columns).where(self._key.in_(wanted)))
        return {str(row[0]): " ".join(str(value) for value in row[1:] if value is not None) for row in rows}
