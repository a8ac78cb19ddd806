"""What migrations leave behind: a record that the run-time role can read but not write, and nothing done twice."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import asyncpg
import pytest

from deploy import migrations
from deploy.embedded.databases import Roles, create_database, grant_schema
from tests.support.postgres import Cluster, plain_dsn


async def test_run_time_role_reads_the_migration_level_and_cannot_forge_it(postgres: Cluster) -> None:
    url = postgres.service_database("gateway")
    connection = await asyncpg.connect(plain_dsn(url))
    assert await connection.fetchval("SELECT version_num FROM alembic_version") == migrations.head("gateway")
    for forgery in ("UPDATE alembic_version SET version_num = '9999'", "DELETE FROM alembic_version"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(forgery)
    await connection.close()
    postgres.drop_database(url)


async def test_run_time_role_cannot_alter_the_event_log(postgres: Cluster) -> None:
    url = postgres.service_database("gateway")
    connection = await asyncpg.connect(plain_dsn(url))
    await connection.execute(
        "INSERT INTO event_log"
        " (id, topic, type, aggregate_id, aggregate_version, actor, effective_on, attributes, data)"
        " VALUES (gen_random_uuid(), 'gateway.account', 'x', gen_random_uuid(), 1, 'a', '2019-03-18', '{}', '{}')"
    )
    for forgery in ("UPDATE event_log SET data = '[]'", "DELETE FROM event_log", "TRUNCATE event_log"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(forgery)
    await connection.close()
    postgres.drop_database(url)


def test_two_migrations_at_once_do_the_work_once(postgres: Cluster) -> None:
    template = postgres.migrated("gateway")
    roles = Roles.of("gateway")
    create_database(postgres.server, "twice", roles)
    grant_schema(postgres.server, "twice", roles)
    url = postgres.url("twice", roles.owner)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda _: _upgrade_in_a_process(url), range(2)))
    tables = "SELECT string_agg(tablename, ',' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'"
    assert postgres.sql(tables, database="twice") == postgres.sql(tables, database=template)
    postgres.drop_database("twice")


def _upgrade_in_a_process(url: str) -> None:
    code = "import sys; from deploy import migrations; migrations.upgrade('gateway', sys.argv[1], 'mc_gateway')"
    subprocess.run([sys.executable, "-c", code, url], check=True)


@pytest.mark.parametrize("service", migrations.SERVICES)
def test_every_migration_can_be_written_as_sql_for_review(service: str) -> None:
    text = StringIO()
    migrations.sql(service, text)
    assert "CREATE TABLE event_log" in text.getvalue()


def test_an_unknown_service_is_named_with_those_that_exist() -> None:
    with pytest.raises(LookupError, match="no service 'payroll'; there are registry, evaluation"):
        migrations.scripts_of("payroll")
