"""Every table of every service can be the root of a case, and every question can be put to its database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shared.audit.cases import _Found, _gather, _own, read_case, read_correlated
from shared.audit.duties import Asked, Duties, snapshot
from shared.db import Database
from shared.ids import uuid7

SERVICES = ("registry", "evaluation", "finance", "vouchers")


@pytest.mark.parametrize("service", SERVICES)
async def test_every_kind_of_case_is_walked_and_every_population_found(
    service: str, database: Callable[[str], str]
) -> None:
    metadata = import_module(f"services.{service}.main").definition.metadata
    duties: Duties = import_module(f"services.{service}.audit.duties").DUTIES
    db = Database(database(service), pool_size=1)
    try:
        async with snapshot(db) as session:
            assert (await read_case(session, metadata, uuid7())).table is None
            assert (await read_correlated(session, ["nothing"])).events == []
            tables = [table for table in metadata.sorted_tables if _own(table)]
            for table in tables:
                found = _Found()
                await _gather(session, tables, table, uuid7(), found)
                assert found.ids == set()
            process = cast("Any", SimpleNamespace())
            asked = Asked(session, process, date(2019, 1, 1), date(2019, 12, 31))
            assert [list(await one.find(asked)) for one in duties.populations] == [[] for _ in duties.populations]
            assert duties.ties is not None
            assert (await duties.ties(asked)).ties == []
            if duties.spending is not None:
                assert (await duties.spending(asked)).spent == []
    finally:
        await db.close()
