"""The evaluation service in-process, workers off: one database and one running application, emptied before each test.

Modules that use it run on one event loop: `pytestmark = pytest.mark.asyncio(loop_scope="session")`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient

from services.evaluation.main import build
from shared.settings import ServiceSettings
from tests.evaluation.support import Desk
from tests.support.postgres import Cluster
from tests.support.tokens import Keys

DEMO_POLICY = Path(__file__).parents[2] / "deploy" / "demo" / "policy"
"""Has an edition from 2021 on, so that a third year can be evaluated."""


def settings_for(url: str, keys: Keys, policy_dir: Path | None = None) -> ServiceSettings:
    return ServiceSettings(
        service_name="evaluation",
        environment="test",
        database_url=url,
        signing_key_file=keys.private("evaluation"),
        public_keys_dir=keys.public_dir,
        business_clock="simulated",
        policy_dir=policy_dir,
        files_url=f"file://{keys.public_dir.parent}/files",
        workers_enabled=False,
    )


@pytest.fixture(scope="session")
def evaluation_url(postgres: Cluster) -> str:
    return postgres.lasting_database("evaluation")


@asynccontextmanager
async def running(settings: ServiceSettings, keys: Keys) -> AsyncIterator[Desk]:
    app = build(settings)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://evaluation") as client,
    ):
        yield Desk(app, client, keys)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_desk(evaluation_url: str, keys: Keys) -> AsyncIterator[Desk]:
    async with running(settings_for(evaluation_url, keys, DEMO_POLICY), keys) as started:
        yield started


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_desk_until_2020(evaluation_url: str, keys: Keys) -> AsyncIterator[Desk]:
    async with running(settings_for(evaluation_url, keys), keys) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def emptied(postgres: Cluster, evaluation_url: str) -> None:
    await postgres.empty(evaluation_url)


@pytest.fixture
def desk(running_desk: Desk, emptied: None) -> Desk:
    """Empty, with the bundled edition and the demonstration's continuation from 2021 on."""
    return running_desk


@pytest.fixture
def desk_until_2020(running_desk_until_2020: Desk, emptied: None) -> Desk:
    """Empty, with the bundled edition alone: nothing continues it after 2020."""
    return running_desk_until_2020
