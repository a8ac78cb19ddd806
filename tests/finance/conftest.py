"""Finance as it runs, with its own database; the two services it asks answer as the test says.

One application and one database for all tests, emptied before each module, whose tests use centres of their own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from services.finance.main import definition
from services.finance.settings import FinanceSettings
from shared.app import create_app
from shared.db import Database
from shared.settings import ServiceSettings
from tests.finance.appropriating import appropriate
from tests.finance.support import Desk, Standings
from tests.support.postgres import Cluster
from tests.support.service_process import ServiceProcess
from tests.support.tokens import Keys
from tests.support.waiting import free_port

DEMO_EDITION = Path(__file__).parents[2] / "deploy" / "demo" / "policy"


@pytest.fixture(scope="session")
def peers() -> Iterator[Standings]:
    server = Standings()
    yield server
    server.close()


@pytest.fixture
def standings(peers: Standings) -> Standings:
    """The answers of evaluation and registry, good at the beginning of each test."""
    peers.reset()
    return peers


@pytest.fixture(scope="session")
def database_url(postgres: Cluster) -> str:
    return postgres.lasting_database("finance")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def finance_url(postgres: Cluster, database_url: str) -> str:
    """As new at the beginning of a module."""
    await postgres.empty(database_url)
    return database_url


@pytest.fixture(scope="session")
def settings(database_url: str, keys: Keys, peers: Standings) -> ServiceSettings:
    return FinanceSettings(
        environment="test",
        database_url=database_url,
        signing_key_file=keys.private("finance"),
        public_keys_dir=keys.public_dir,
        evaluation_url=peers.url("evaluation"),
        registry_url=peers.url("registry"),
        business_clock="simulated",
        policy_dir=DEMO_EDITION,
        evidence_keys_file=keys.evidence_keys,
        workers_enabled=False,
    )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_app(settings: ServiceSettings) -> AsyncIterator[FastAPI]:
    application = create_app(definition, settings)
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture(scope="module")
def app(running_app: FastAPI, finance_url: str) -> FastAPI:
    """With the database as new at the beginning of a module."""
    return running_app


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def db(finance_url: str) -> AsyncIterator[Database]:
    """Finance's database behind its back, and where its consumers' handlers run."""
    database = Database(finance_url, application_name="test")
    await appropriate(database)
    yield database
    await database.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(transport=ASGITransport(app), base_url="http://finance") as opened:
        yield opened


@pytest.fixture
def desk(client: AsyncClient, keys: Keys, standings: Standings) -> Desk:
    return Desk(client, keys)


@pytest.fixture(scope="module")
def processes(
    finance_url: str, keys: Keys, peers: Standings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[ServiceProcess]]:
    """Two of finance, with one database."""
    folder: Path = tmp_path_factory.mktemp("finance")
    env = {
        "SERVICE_NAME": "finance",
        "ENVIRONMENT": "test",
        "DATABASE_URL": finance_url,
        "SIGNING_KEY_FILE": str(keys.private("finance")),
        "PUBLIC_KEYS_DIR": str(keys.public_dir),
        "EVALUATION_URL": peers.url("evaluation"),
        "REGISTRY_URL": peers.url("registry"),
        "BUSINESS_CLOCK": "simulated",
        "POLICY_DIR": str(DEMO_EDITION),
        "WORKERS_ENABLED": "false",
        "LOG_LEVEL": "WARNING",
    }
    started = [
        ServiceProcess("services.finance.main:app", free_port(), env, log_file=folder / f"{number}.log")
        for number in range(2)
    ]
    for process in started:
        process.start(wait=False)
    for process in started:
        process.wait_ready(100)
    yield started
    for process in started:
        process.terminate()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desks(processes: list[ServiceProcess], keys: Keys) -> AsyncIterator[list[Desk]]:
    """A desk at each of two processes."""
    async with (
        AsyncClient(base_url=processes[0].url, timeout=60) as first,
        AsyncClient(base_url=processes[1].url, timeout=60) as second,
    ):
        yield [Desk(first, keys), Desk(second, keys)]
