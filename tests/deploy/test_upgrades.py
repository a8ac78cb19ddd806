"""Upgrades of databases that people have worked in: nothing is lost, and every row meets the newest rules.

`populated/<service>-<revision>.sql` is what a service of that revision wrote when the story of a year was told to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from deploy import migrations
from deploy.embedded.databases import Roles, create_database, grant_schema
from tests.support.postgres import Cluster, plain_dsn

POPULATED: Final = Path(__file__).parent / "populated"
NAMES: Final = tuple(sorted(path.stem for path in POPULATED.glob("*.sql")))
READ_AGAIN: Final = {"consumer_cursor"}
"""Rows that an upgrade may take away: a topic is then read from its beginning."""
TABLES: Final = """
SELECT format('%I', tablename) FROM pg_tables
WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY tablename
"""
UNCHECKED: Final = """
SELECT format('ALTER TABLE %s VALIDATE CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint
WHERE NOT convalidated AND connamespace = 'public'::regnamespace
"""
UNITS: Final = """
SELECT (SELECT count(*) FROM angel_fund WHERE units <> paid_in OR pricing <> 'par'),
  (SELECT count(*) FROM angel_fund_investor WHERE units <> paid_in),
  (SELECT count(*) FROM angel_fund_seat JOIN angel_fund ON angel_fund.id = fund_id WHERE joined_on <> registered_on),
  (SELECT count(*) FROM angel_fund)
"""
LINES: Final = """
SELECT fiscal_year, sum(approved) FROM centre_grant
WHERE status NOT IN ('refused', 'cancelled') AND approved IS NOT NULL GROUP BY fiscal_year
EXCEPT SELECT year, granted FROM appropriation WHERE programme = 'grants'
"""


class Upgraded:
    """A database of one service that was filled at an earlier revision."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.service, _, self.revision = name.partition("-")
        self.filled = (POPULATED / f"{name}.sql").read_text(encoding="utf-8")
        self.database, self._cluster = f"upgraded_{name.replace('-', '_')}", cluster
        self._roles = Roles.of(self.service)
        cluster.migrated(self.service)
        create_database(cluster.server, self.database, self._roles)
        grant_schema(cluster.server, self.database, self._roles)

    def migrate(self, revision: str) -> None:
        url = self._cluster.url(self.database, self._roles.owner)
        migrations.upgrade(self.service, url, self._roles.runtime, revision)

    async def connect(self) -> asyncpg.Connection[asyncpg.Record]:
        return await asyncpg.connect(plain_dsn(self._cluster.url(self.database)))

    async def fill(self) -> dict[str, int]:
        """In place of what the migrations themselves put in; how many rows of each table."""
        connection = await self.connect()
        await connection.execute("SET session_replication_role = replica")
        tables = [row[0] for row in await connection.fetch(TABLES)]
        await connection.execute(f"TRUNCATE {', '.join(tables)}")
        await connection.execute(self.filled)
        counted = {
            table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in tables
        }  # names of our own tables
        await connection.close()
        return counted


async def rows_of(connection: asyncpg.Connection[asyncpg.Record], table: str) -> int:
    count: int = await connection.fetchval(f"SELECT count(*) FROM {table}")
    return count


@pytest.fixture(params=NAMES)
def upgraded(request: pytest.FixtureRequest, postgres: Cluster) -> Iterator[Upgraded]:
    made = Upgraded(postgres, request.param)
    yield made
    postgres.drop_database(made.database)


async def test_an_upgrade_keeps_every_row_and_all_meet_the_newest_constraints(upgraded: Upgraded) -> None:
    upgraded.migrate(upgraded.revision)
    before = await upgraded.fill()
    assert sum(before.values()) > 10, "a database that people have worked in"
    upgraded.migrate("head")
    connection = await upgraded.connect()
    for statement in await connection.fetch(UNCHECKED):
        await connection.execute(statement[0])
    for table, rows in before.items():
        if table not in READ_AGAIN:
            now = await rows_of(connection, table)
            assert now >= rows, f"{table} had {rows} rows and has {now}"
    if upgraded.service == "finance":
        wrong, investors, seats, funds = await connection.fetchrow(UNITS) or (1, 1, 1, 0)
        assert (wrong, investors, seats) == (0, 0, 0), "a unit for each yuan, a committee from the first day on"
        assert funds > 0 or upgraded.revision < "0015"
        if upgraded.revision < "0007":
            assert await connection.fetch(LINES) == [], "a line of each year of exactly what is committed"
    await connection.close()
