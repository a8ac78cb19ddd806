"""The registry in-process, workers off: one database and one running application for all tests, emptied before each.

Modules that use it run on one event loop: `pytestmark = pytest.mark.asyncio(loop_scope="session")`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from services.registry.main import build
from services.registry.settings import RegistrySettings
from shared.settings import ServiceSettings
from tests.registry.support import Registry
from tests.support.postgres import Cluster
from tests.support.tokens import Keys

DEMO_POLICY = Path(__file__).parents[2] / "deploy" / "demo" / "policy"
"""Has an edition from 2021 on, so that applications after a ban can be tried."""


def settings_for(url: str, keys: Keys, policy_dir: Path | None = None) -> ServiceSettings:
    return RegistrySettings(
        service_name="registry",
        environment="test",
        database_url=url,
        signing_key_file=keys.private("registry"),
        person_keys_file=keys.person_keys,
        public_keys_dir=keys.public_dir,
        business_clock="simulated",
        policy_dir=policy_dir,
        files_url=f"file://{keys.public_dir.parent}/registry-files",
        workers_enabled=False,
    )


@pytest.fixture(scope="session")
def database_url(postgres: Cluster) -> str:
    return postgres.lasting_database("registry")


@asynccontextmanager
async def running(app: FastAPI, keys: Keys) -> AsyncIterator[Registry]:
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://registry") as client,
    ):
        yield Registry(client, keys, app.state.runtime.db)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_registry(database_url: str, keys: Keys) -> AsyncIterator[Registry]:
    async with running(build(settings_for(database_url, keys)), keys) as started:
        yield started


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_registry_after_2020(database_url: str, keys: Keys) -> AsyncIterator[Registry]:
    async with running(build(settings_for(database_url, keys, DEMO_POLICY)), keys) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def emptied(postgres: Cluster, database_url: str) -> None:
    await postgres.empty(database_url)


@pytest.fixture
def registry(running_registry: Registry, emptied: None) -> Registry:
    """With the bundled edition, lhasa-2019, alone."""
    return running_registry


@pytest.fixture
def registry_after_2020(running_registry_after_2020: Registry, emptied: None) -> Registry:
    """With the demonstration's continuation, valid from 2021-01-01."""
    return running_registry_after_2020
