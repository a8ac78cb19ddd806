"""The voucher service in-process, workers off: one database and one running application for all tests.

Tests share it and use firms, centres and programmes of their own. Modules that use it run on one event loop:
`pytestmark = pytest.mark.asyncio(loop_scope="session")`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient

from services.vouchers.main import definition
from services.vouchers.settings import VoucherSettings
from shared.app import create_app
from shared.policy.edition import Edition, load_editions
from tests.support.postgres import Cluster
from tests.support.tokens import Keys
from tests.vouchers.support import Api, Town


@pytest.fixture(scope="session")
def edition() -> Edition:
    return load_editions(None).get("lhasa-2019")


@pytest.fixture(scope="session")
def vouchers_url(postgres: Cluster) -> str:
    return postgres.service_database("vouchers")


@pytest.fixture(scope="session")
def settings(vouchers_url: str, keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> VoucherSettings:
    return VoucherSettings(
        account_keys_file=keys.account_keys,
        files_url=f"file://{tmp_path_factory.mktemp('files')}",
        service_name="vouchers",
        environment="test",
        database_url=vouchers_url,
        signing_key_file=keys.private("vouchers"),
        public_keys_dir=keys.public_dir,
        business_clock="simulated",
        policy_dir=Path(__file__).parents[2] / "deploy" / "demo" / "policy",
        workers_enabled=False,
    )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def town(settings: VoucherSettings, keys: Keys) -> AsyncIterator[Town]:
    app = create_app(definition, settings)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://vouchers") as client,
    ):
        yield Town(Api(client, keys), app.state.runtime.db)
