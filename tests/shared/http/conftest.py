"""The sample service on a real database, asked in-process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import text

from shared.app import ServiceDefinition, create_app
from shared.db import Database
from shared.kernel_tables import KERNEL
from shared.settings import ServiceSettings
from tests.shared.http import sample
from tests.support.postgres import Cluster
from tests.support.tokens import Keys, bearer, internal_token

MESSAGES = Path(__file__).parent / "messages.toml"

DEFINITION = ServiceDefinition(
    name="sample",
    title="Sample",
    routers=(sample.router, sample.internal),
    topics=(),
    consumers=None,
    metadata=sample.Base.metadata,
    messages=MESSAGES,
)


CLEAN = (
    "TRUNCATE note, tag, idempotency_key",
    "ALTER SEQUENCE secret_seq RESTART",
    "DROP TABLE IF EXISTS alembic_version",
)


@pytest.fixture(scope="session")
def database_url(postgres: Cluster) -> str:
    """One database with the sample's tables for all tests of a process; `db` empties it."""
    url = postgres.create_database(None)

    async def make() -> None:
        database = Database(url)
        async with database.engine.begin() as connection:
            await connection.run_sync(KERNEL.create_all)
            await connection.run_sync(sample.Base.metadata.create_all)
            await connection.execute(text("CREATE SEQUENCE secret_seq"))
        await database.close()

    asyncio.run(make())
    return url


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """The emptied database; for looking into it behind the application's back."""
    database = Database(database_url, application_name="test")
    async with database.engine.begin() as connection:
        for statement in CLEAN:
            await connection.execute(text(statement))
    yield database
    await database.close()


@pytest.fixture
def settings(database_url: str, keys: Keys) -> ServiceSettings:
    return ServiceSettings(
        service_name="sample",
        environment="test",
        database_url=database_url,
        signing_key_file=keys.private("evaluation"),
        public_keys_dir=keys.public_dir,
        business_clock="simulated",
        workers_enabled=False,
    )


@pytest.fixture
async def app(settings: ServiceSettings, db: Database) -> AsyncIterator[FastAPI]:
    application = create_app(DEFINITION, settings)
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
async def nobody(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """A client without a token."""
    async with AsyncClient(transport=ASGITransport(app), base_url="http://sample") as client:
        yield client


@pytest.fixture
def as_role(keys: Keys) -> Callable[..., dict[str, str]]:
    """Headers of a user with the given roles."""

    def headers(*roles: str, account_id: str = "0190a000-0000-7000-8000-000000000001") -> dict[str, str]:
        return bearer(internal_token(keys, "sample", roles, account_id=account_id))

    return headers


@pytest.fixture
async def officer(app: FastAPI, as_role: Callable[..., dict[str, str]]) -> AsyncIterator[AsyncClient]:
    """A science officer, who reads English."""
    headers = as_role("science_officer") | {"Accept-Language": "en"}
    async with AsyncClient(transport=ASGITransport(app), base_url="http://sample", headers=headers) as client:
        yield client


@pytest.fixture
def titles(db: Database) -> Callable[[], object]:
    async def read() -> list[str]:
        async with db.transaction() as session:
            return list(await session.scalars(text("SELECT title FROM note ORDER BY title")))

    return read
