"""One real cluster for each test process; databases are cloned from templates that are migrated once."""

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from secrets import token_urlsafe

import asyncpg
from sqlalchemy import make_url

from deploy import migrations
from deploy.embedded.databases import Roles, create_database, create_roles, grant_schema
from deploy.embedded.postgres import FAST_SETTINGS, SETTINGS, PostgresServer
from tests.support import reaper
from tests.support.waiting import free_port

_FILLED = """
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
        AND pg_relation_size(oid) > 0
"""
_KEEP_SEEDS = f"""
CREATE SCHEMA seed;
DO $$
DECLARE filled text;
BEGIN
    FOR filled IN {_FILLED} LOOP
        EXECUTE format('CREATE TABLE seed.%I AS TABLE public.%I', filled, filled);
    END LOOP;
END $$;
"""
# The guards of append-only tables refuse DELETE to everybody; only a superuser can switch them off, for its session.
_BACK_TO_SEEDS = f"""
SET session_replication_role = replica;
DO $$
DECLARE filled text;
BEGIN
    FOR filled IN {_FILLED} LOOP
        EXECUTE format('DELETE FROM %I', filled);
    END LOOP;
    FOR filled IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'seed'::regnamespace LOOP
        EXECUTE format('INSERT INTO public.%I SELECT * FROM seed.%I', filled, filled);
    END LOOP;
END $$;
"""


class Cluster:
    """A PostgresServer with the suite's roles, and databases made and dropped at will.

    `durable` keeps fsync on, for tests that say something about what survives.
    """

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        settings = SETTINGS if durable else FAST_SETTINGS
        self.server = PostgresServer(folder / "postgres", free_port(), password=token_urlsafe(), settings=settings)
        self._passwords: dict[str, str] = {}
        self._templates: dict[str, str] = {}
        self._numbers = count(1)
        reaper.watch_folder(folder)
        self.start()

    @property
    def superuser_dsn(self) -> str:
        """For asyncpg itself, in the database `postgres`."""
        return self.server.dsn()

    def start(self) -> None:
        self.server.start()
        reaper.watch_process(self.server.process())

    def stop(self) -> None:
        self.server.stop()

    def kill9(self) -> None:
        self.server.kill9()

    def sql(self, *statements: str, database: str = "postgres") -> str:
        """Run statements as superuser; psql's unadorned output."""
        return self.server.sql(*statements, database=database)

    def migrated(self, service: str) -> str:
        """The name of a database migrated to the service's head, to clone from; made at first use."""
        if service not in self._templates:
            name, roles = f"template_{service}", self._roles(service)
            create_database(self.server, name, roles)
            grant_schema(self.server, name, roles)
            owner_url = self.server.url(name, roles.owner, self._passwords[roles.owner])
            migrations.upgrade(service, owner_url, roles.runtime)
            self._templates[service] = name
        return self._templates[service]

    def create_database(self, template: str | None = None, owner: str | None = None) -> str:
        """Create a database of a name not used before and return its asyncpg URL.

        Cloned from a migrated template it is reached as the service's run-time role. Otherwise it belongs to, and is
        reached as, `owner` (created when unknown) or the superuser. For the other ways in: `as_owner`, `as_superuser`.
        """
        name = f"test_{next(self._numbers)}"
        service = next((known for known, made in self._templates.items() if made == template), None)
        if service is not None:
            roles = self._roles(service)
            create_database(self.server, name, roles, template=template)
            return self.url(name, roles.runtime)
        if owner is not None:
            self._ensure([owner])
        clause = f' OWNER "{owner}"' if owner else ""
        self.sql(f'CREATE DATABASE "{name}"{clause}' + (f' TEMPLATE "{template}"' if template else ""))
        return self.url(name, owner)

    def service_database(self, service: str) -> str:
        """A fresh migrated database of the service, as its run-time role."""
        return self.create_database(self.migrated(service))

    def drop_database(self, url: str) -> None:
        """Drop the database behind the URL (or of that name), throwing out whoever is connected."""
        self.sql(f'DROP DATABASE IF EXISTS "{_database(url)}" WITH (FORCE)')

    def lasting_database(self, service: str) -> str:
        """A migrated database for many tests: `empty` brings it back to what the migrations put into it."""
        url = self.service_database(service)
        self.sql(_KEEP_SEEDS, database=_database(url))
        return url

    async def empty(self, url: str) -> None:
        """Bring a database of `lasting_database` back to how it began, append-only tables included."""
        connection = await asyncpg.connect(plain_dsn(self.as_superuser(url)))
        try:
            await connection.execute(_BACK_TO_SEEDS)
        finally:
            await connection.close()

    def url(self, database: str, role: str | None = None) -> str:
        """asyncpg URL of the database for a role made here; the superuser's without one."""
        if role is None:
            return self.server.url(database)
        return self.server.url(database, role, self._passwords[role])

    def as_superuser(self, url: str) -> str:
        """The same database, all rights."""
        return self.server.url(_database(url))

    def as_owner(self, url: str) -> str:
        """The same database as the migration role of the service whose run-time role the URL has."""
        return self.url(_database(url), f"{make_url(url).username}_owner")

    def _roles(self, service: str) -> Roles:
        roles = Roles.of(service)
        self._ensure([roles.owner, roles.runtime])
        return roles

    def _ensure(self, names: Sequence[str]) -> None:
        new = {name: token_urlsafe() for name in names if name not in self._passwords}
        if new:
            create_roles(self.server, new)
            self._passwords.update(new)


def _database(url: str) -> str:
    return make_url(url).database or "" if "://" in url else url


def plain_dsn(url: str) -> str:
    """SQLAlchemy's URL as asyncpg itself reads it."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)
