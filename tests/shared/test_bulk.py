"""Rows by one statement: what Python would compute once for all of them has to be named."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Uuid
from sqlalchemy.ext.asyncio import AsyncSession

from shared.bulk import insert_rows
from shared.ids import uuid7

TABLE = Table("thing", MetaData(), Column("id", Uuid, primary_key=True, default=uuid7), Column("n", Integer, default=1))


async def test_a_computed_default_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(ValueError, match="thing: name id in the rows"):
        await insert_rows(AsyncSession(), TABLE, [{"n": 1}, {"n": 2}])
