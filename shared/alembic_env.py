"""The one Alembic environment: what every `migrations/env.py` calls.

A migration waits at most five seconds for a lock: longer, and every request behind it queues up too.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from alembic import context
from sqlalchemy import Connection, MetaData, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.kernel_schema import runtime_role
from shared.kernel_tables import KERNEL

TABLE_MODULES = frozenset({"models", "projections"})
_SETTINGS = {"lock_timeout": "5s", "statement_timeout": "10min", "application_name": "mengchuang-migrate"}
_MIGRATION_LOCK = 0x6D63_6D67


def run(service_package: str, metadata: MetaData) -> None:
    """Migrate one service's database, or write the SQL when Alembic runs offline.

    The address comes from the caller's configuration or from MIGRATION_DATABASE_URL, else DATABASE_URL; raises KeyError
    when there is none. Every `models` and `projections` module of the package is loaded first, so that comparing models
    with the database misses no table.
    """
    _load_tables(service_package)
    targets = [metadata, KERNEL]
    if context.is_offline_mode():
        context.configure(
            dialect_name="postgresql", target_metadata=targets, literal_binds=True, transaction_per_migration=True
        )
        with context.begin_transaction():
            context.run_migrations()
        return
    asyncio.run(_run_online(_url(), targets))


@contextmanager
def _runtime_role() -> Iterator[None]:
    """Hand the run-time role of the caller's configuration to the migrations, which look for RUNTIME_ROLE."""
    given: str | None = context.config.attributes.get("runtime_role")
    before = os.environ.get("RUNTIME_ROLE")
    if given is not None:
        os.environ["RUNTIME_ROLE"] = given
    try:
        yield
    finally:
        if given is not None and before is None:
            del os.environ["RUNTIME_ROLE"]
        elif given is not None and before is not None:
            os.environ["RUNTIME_ROLE"] = before


def _url() -> str:
    url: str | None = context.config.attributes.get("url") or os.environ.get("MIGRATION_DATABASE_URL")
    return url or os.environ["DATABASE_URL"]


async def _run_online(url: str, targets: list[MetaData]) -> None:
    engine = create_async_engine(url, poolclass=pool.NullPool, connect_args={"server_settings": _SETTINGS})
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_migrate, targets)
    finally:
        await engine.dispose()


def _migrate(connection: Connection, targets: list[MetaData]) -> None:
    # Two migration jobs at once: the second waits here and finds nothing left to do.
    connection.execute(text("SET lock_timeout = '60s'"))
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _MIGRATION_LOCK})
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.commit()
    context.configure(connection=connection, target_metadata=targets, transaction_per_migration=True)
    with _runtime_role():
        with context.begin_transaction():
            context.run_migrations()
        if (role := runtime_role()) is not None:
            connection.execute(text(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {role}"))
        connection.commit()


def _load_tables(service_package: str) -> None:
    spec = find_spec(service_package)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"no package {service_package}")
    root = Path(next(iter(spec.submodule_search_locations)))
    for path in sorted(root.rglob("*.py")):
        if path.stem in TABLE_MODULES:
            parts = path.relative_to(root).with_suffix("").parts
            import_module(".".join((service_package, *parts)))
