"""A database of its own, the service in this process and in two more that may be killed."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest_asyncio

from services.vouchers.main import definition
from services.vouchers.settings import VoucherSettings
from shared.app import create_app
from tests.support.postgres import Cluster
from tests.support.service_process import ServiceProcess
from tests.support.tokens import Keys
from tests.support.waiting import free_port
from tests.vouchers.proofs.asks import ARMED, Line
from tests.vouchers.support import Api, Town

Place = Callable[[Counter[str]], Line]
"""Makes a life's line, which counts what ran."""


@pytest_asyncio.fixture(loop_scope="session")
async def place(settings: VoucherSettings, postgres: Cluster, keys: Keys, tmp_path: Path) -> AsyncIterator[Place]:
    """A database of its own, with the service in this process and in two others."""
    url = postgres.service_database("vouchers")
    postgres.sql(ARMED, database=url.rsplit("/", 1)[1])
    own = settings.model_copy(update={"database_url": url})
    app = create_app(definition, own)
    async with AsyncExitStack() as stack:
        processes = _processes(stack, own, keys, tmp_path)
        await stack.enter_async_context(app.router.lifespan_context(app))
        here = httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://here")
        clients = [httpx.AsyncClient(base_url=one.url, timeout=120, trust_env=False) for one in processes]
        for client in (here, *clients):
            await stack.enter_async_context(client)
        town = Town(Api(here, keys), app.state.runtime.db)
        apis = [Api(client, keys) for client in clients]
        yield lambda counts: Line(town, processes, apis, counts)


def _processes(stack: AsyncExitStack, own: VoucherSettings, keys: Keys, folder: Path) -> list[ServiceProcess]:
    env = {
        "SERVICE_NAME": "vouchers",
        "ENVIRONMENT": "test",
        "DATABASE_URL": own.database_url,
        "SIGNING_KEY_FILE": str(keys.private("vouchers")),
        "PUBLIC_KEYS_DIR": str(keys.public_dir),
        "ACCOUNT_KEYS_FILE": str(keys.account_keys),
        "FILES_URL": own.files_url,
        "BUSINESS_CLOCK": "simulated",
        "WORKERS_ENABLED": "false",
        "POLICY_DIR": str(own.policy_dir),
        "DATABASE_POOL_TIMEOUT": "30",
    }
    made = []
    for number in range(2):
        one = ServiceProcess("services.vouchers.main:app", free_port(), env, log_file=folder / f"{number}.log")
        one.start(wait=False)
        stack.callback(_end, one)
        made.append(one)
    for one in made:
        one.wait_ready(60)
    return made


def _end(process: ServiceProcess) -> None:
    if process.running():
        process.terminate()
