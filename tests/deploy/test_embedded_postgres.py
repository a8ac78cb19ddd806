"""The embedded PostgreSQL: survives a kill, asks for passwords, and lets every role into its own database only."""

from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from deploy.embedded.databases import DATABASES, Roles, provision
from deploy.embedded.postgres import FAST_SETTINGS, PostgresServer
from tests.support import reaper
from tests.support.postgres import Cluster, plain_dsn
from tests.support.waiting import free_port

PASSWORDS = {role: f"{role}-secret" for name in DATABASES for role in (Roles.of(name).owner, Roles.of(name).runtime)}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    folder = tmp_path_factory.mktemp("cluster")
    server = PostgresServer(folder / "data", free_port(), password="it's a 'secret'", settings=FAST_SETTINGS)
    server.start()
    reaper.watch_process(server.process())
    provision(server, PASSWORDS)
    yield server
    server.stop()


def dsn(server: PostgresServer, database: str, role: str) -> str:
    return server.dsn(database, role, PASSWORDS[role])


@pytest.mark.parametrize("database", DATABASES)
async def test_each_role_reaches_its_own_database_and_no_other(server: PostgresServer, database: str) -> None:
    roles = Roles.of(database)
    for role in (roles.owner, roles.runtime):
        for target in (*DATABASES, "postgres", "template1"):
            if target == database:
                connection = await asyncpg.connect(dsn(server, target, role))
                assert await connection.fetchval("SELECT current_user") == role
                await connection.close()
            else:
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
                    await asyncpg.connect(dsn(server, target, role))


async def test_nobody_comes_in_without_the_password(server: PostgresServer) -> None:
    for user in ("postgres", "mc_registry"):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.dsn("registry", user, "guessed"))


async def test_run_time_role_uses_what_the_owner_creates_but_changes_no_schema(server: PostgresServer) -> None:
    owner = await asyncpg.connect(dsn(server, "registry", "mc_registry_owner"))
    await owner.execute("CREATE TABLE note (id bigint GENERATED ALWAYS AS IDENTITY, text text)")
    await owner.execute("CREATE SEQUENCE number")
    runtime = await asyncpg.connect(dsn(server, "registry", "mc_registry"))
    await runtime.execute("INSERT INTO note (text) VALUES ('a')")
    await runtime.execute("UPDATE note SET text = 'b'")
    assert await runtime.fetchval("SELECT text FROM note") == "b"
    assert await runtime.fetchval("SELECT nextval('number')") == 1
    await runtime.execute("DELETE FROM note")
    for forbidden in ("CREATE TABLE mine ()", "ALTER TABLE note ADD x int", "DROP TABLE note", "TRUNCATE note"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await runtime.execute(forbidden)
    await runtime.close()
    await owner.close()


def test_provisioning_again_changes_nothing_and_takes_new_passwords(server: PostgresServer) -> None:
    before = server.sql("SELECT datname, datacl FROM pg_database ORDER BY 1")
    provision(server, PASSWORDS)
    assert server.sql("SELECT datname, datacl FROM pg_database ORDER BY 1") == before


def test_chinese_text_has_trigrams_and_unicode_case(server: PostgresServer) -> None:
    server.sql("CREATE EXTENSION IF NOT EXISTS pg_trgm", database="registry")
    assert server.sql("SELECT cardinality(show_trgm('拉萨科技')), upper('é')", database="registry") == "5|É"


@pytest.mark.fault
def test_starts_again_on_the_same_port_after_a_kill(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path / "data", free_port(), password="secret", settings=FAST_SETTINGS)
    server.start()
    reaper.watch_process(server.process())
    server.sql("CREATE TABLE kept AS SELECT 42 AS answer")
    server.kill9()
    assert not server.running()
    assert (tmp_path / "data" / "postmaster.pid").exists(), "a killed server leaves its pid file"
    server.start()
    reaper.watch_process(server.process())
    assert server.sql("SELECT answer FROM kept") == "42"
    server.stop()
    assert not server.running()


def test_a_cluster_whose_making_was_interrupted_is_made_anew(tmp_path: Path) -> None:
    half = tmp_path / "data"
    (half / "base" / "1").mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server = PostgresServer(half, free_port(), password="secret", settings=FAST_SETTINGS)
    server.start()
    reaper.watch_process(server.process())
    assert server.sql("SELECT 1") == "1"
    server.stop()


def test_no_password_is_in_the_process_list_or_the_configuration(server: PostgresServer) -> None:
    process = server.process()
    assert process is not None
    assert server.password not in " ".join(process.command())
    for file in server.data_dir.glob("*.conf"):
        assert server.password not in file.read_text()


def test_a_test_database_is_a_migrated_clone(postgres: Cluster) -> None:
    url = postgres.service_database("gateway")
    name = url.rpartition("/")[2]
    assert postgres.sql("SELECT count(*) > 0 FROM alembic_version", database=name) == "t"
    assert "mc_gateway_owner" in plain_dsn(postgres.as_owner(url))
    postgres.drop_database(url)
    assert not postgres.sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'")
