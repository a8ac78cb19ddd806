"""A database and an application for each module: a batch collects everything that its issuer owes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient

from services.vouchers.main import definition
from services.vouchers.settings import VoucherSettings
from shared.app import create_app
from tests.support.postgres import Cluster
from tests.support.tokens import Keys
from tests.vouchers.settlements.office import Office
from tests.vouchers.support import Api, Town

DIVISIONS = (
    "540102",
    "540103",
    "540104",
    "540121",
    "540122",
    "540123",
    "540124",
    "540127",
    "540172",
    "540173",
    "540174",
    "LIUWU",
)


@pytest.fixture(scope="module")
def module_url(postgres: Cluster) -> str:
    return postgres.service_database("vouchers")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def settling(settings: VoucherSettings, module_url: str, keys: Keys) -> AsyncIterator[Town]:
    app = create_app(definition, settings.model_copy(update={"database_url": module_url}))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://vouchers") as client,
    ):
        yield Town(Api(client, keys), app.state.runtime.db)


@pytest.fixture(scope="module")
def divisions() -> Iterator[str]:
    return iter(DIVISIONS)


@pytest.fixture
def office(settling: Town, divisions: Iterator[str]) -> Office:
    """An issuer that no other test of the module has."""
    return Office(settling, next(divisions))
