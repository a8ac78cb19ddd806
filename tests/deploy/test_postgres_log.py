"""The database's own log names statements, never the values that they came with."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from tests.support.postgres import Cluster

PERSON = "Wz9sentinel-540102199003078713"


@pytest.fixture
async def connection(postgres: Cluster) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(postgres.superuser_dsn)
    await opened.execute("CREATE TABLE IF NOT EXISTS person_of_log (name text PRIMARY KEY CHECK (name <> upper(name)))")
    yield opened
    await opened.execute("DROP TABLE person_of_log")
    await opened.close()


def log_of(postgres: Cluster) -> str:
    log: Path = postgres.server.log_file
    return log.read_text(encoding="utf-8", errors="replace")


async def test_a_slow_statement_is_named_without_its_values(postgres: Cluster, connection: asyncpg.Connection) -> None:
    await connection.fetch("SELECT pg_sleep(1.05), $1::text AS slow_one", PERSON)
    assert "AS slow_one" in log_of(postgres)
    assert PERSON not in log_of(postgres)


async def test_a_failed_statement_is_named_without_the_row(postgres: Cluster, connection: asyncpg.Connection) -> None:
    insert = "INSERT INTO person_of_log (name) VALUES ($1)"
    await connection.execute(insert, PERSON)
    with pytest.raises(asyncpg.UniqueViolationError) as twice:
        await connection.execute(insert, PERSON)
    assert PERSON in str(twice.value.detail), "the client is told, so there is something to keep out of the log"
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute(insert, PERSON.upper())
    with pytest.raises(asyncpg.NotNullViolationError):
        await connection.execute("INSERT INTO person_of_log (name) SELECT nullif($1::text, $1::text)", PERSON)
    log = log_of(postgres)
    assert "person_of_log_pkey" in log
    assert "person_of_log_name_check" in log
    assert PERSON not in log
    assert PERSON.upper() not in log


async def test_a_copy_that_fails_does_not_quote_its_line(postgres: Cluster, connection: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.copy_records_to_table("person_of_log", records=[(PERSON,), (PERSON.upper(),)])
    assert PERSON.upper() not in log_of(postgres)
