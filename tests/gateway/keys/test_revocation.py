"""A revoked key opens nothing anywhere within a second: told by event, and by the caches' age without a broker."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from gateway.accounts.usecases import Scope, create_account
from gateway.front.changes import Changes
from gateway.keys.usecases import Issued, Signing, Wanted, issue_key
from gateway.settings import GatewaySettings
from shared.clock import utcnow
from shared.db import Database
from shared.events.contracts.gateway import API_KEY
from tests.gateway.conftest import CONTEXT, PASSWORD, World
from tests.gateway.keys.conftest import Bank
from tests.gateway.keys.support import Office
from tests.support.postgres import Cluster
from tests.support.service_process import ServiceProcess
from tests.support.suite import Suite
from tests.support.waiting import free_port

ROUNDS = 5


async def until_refused(http: AsyncClient, headers: dict[str, str], since: float) -> float:
    """Seconds until the key was refused; asked for all the time, so that it is in the cache."""
    while True:
        answer = await http.get("/v1/tasks", headers=headers)
        if answer.status_code == 401:
            return time.monotonic() - since
        assert answer.status_code in (200, 403, 503), answer.text
        assert time.monotonic() - since < 15
        await asyncio.sleep(0.01)


async def issued(db: Database) -> tuple[Issued, UUID]:
    async with db.transaction() as session:
        scope = Scope(bank="CCB")
        name = f"bank-{uuid4().hex[:8]}"
        account = await create_account(session, name, PASSWORD, roles=["bank"], scope=scope, context=CONTEXT)
        await session.flush()
        expires = utcnow() + timedelta(days=1)
        wanted = Wanted("k", True, ["*:read", "api-keys:write"], [], expires, Signing())
        by_operator = replace(CONTEXT, actor="command-line")
        key = await issue_key(session, account.id, wanted, confirmed=True, keys=None, context=by_operator)
        return key, account.id


@pytest.fixture(scope="module")
def twins(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Suite, ServiceProcess]]:
    """Two gateway processes on one database with a broker."""
    with Suite(postgres, tmp_path_factory.mktemp("twins"), only=("gateway",), extra={"RATE_LIMITS": "off"}) as suite:
        folder = suite.folder
        second = ServiceProcess(
            "gateway.main:app", free_port(), suite.surroundings.of("gateway"), log_file=folder / "second.log"
        ).start()
        yield suite, second
        second.terminate()


@pytest.fixture
async def twin_db(twins: tuple[Suite, ServiceProcess]) -> AsyncIterator[Database]:
    database = Database(twins[0].database_urls["gateway"], pool_size=2)
    yield database
    await database.close()


async def test_an_event_ends_a_key_in_the_other_process(twins: tuple[Suite, ServiceProcess], twin_db: Database) -> None:
    suite, second = twins
    took = []
    async with AsyncClient(base_url=suite.gateway_url) as first_http, AsyncClient(base_url=second.url) as second_http:
        for _ in range(ROUNDS):
            key, _ = await issued(twin_db)
            headers = {"Authorization": f"Bearer {key.key.text}"}
            assert (await second_http.get("/v1/api-keys", headers=headers)).status_code == 200
            watching = asyncio.create_task(until_refused(second_http, headers, time.monotonic()))
            await asyncio.sleep(0.2)
            ended = await first_http.post(f"/v1/api-keys/{key.row.id}/revoke", headers=headers)
            assert ended.status_code == 200, ended.text
            committed = time.monotonic()
            await watching
            took.append(time.monotonic() - committed)
            assert (await first_http.get("/v1/api-keys", headers=headers)).status_code == 401
    assert max(took) < 1, took


async def test_a_disabled_owner_ends_his_keys_in_the_other_process(
    twins: tuple[Suite, ServiceProcess], twin_db: Database
) -> None:
    _, second = twins
    key, account_id = await issued(twin_db)
    headers = {"Authorization": f"Bearer {key.key.text}"}
    async with AsyncClient(base_url=second.url) as http:
        assert (await http.get("/v1/api-keys", headers=headers)).status_code == 200
        async with twin_db.transaction() as session:
            await session.execute(text("UPDATE account SET disabled_at = now() WHERE id = :id"), {"id": account_id})
        assert await until_refused(http, headers, time.monotonic()) < 1


async def test_without_a_broker_the_cache_s_age_ends_it(
    world: World,
    environment: dict[str, str],
    office: Office,
    bank: Bank,
    client: AsyncClient,
    tmp_path: Path,
) -> None:
    """The world's processes have no broker at all."""
    second = ServiceProcess("gateway.main:app", free_port(), environment, log_file=tmp_path / "second.log").start()
    took = []
    try:
        async with AsyncClient(base_url=second.url) as http:
            for _ in range(3):
                key = await office.key(bank.person.id, mode="test")
                headers = {"Authorization": f"Bearer {key.text}"}
                assert (await http.get("/v1/api-keys", headers=headers)).status_code == 200
                ended = await client.post(f"/v1/api-keys/{key.id}/revoke", headers=office.security)
                assert ended.status_code == 200
                took.append(await until_refused(http, headers, time.monotonic()))
    finally:
        second.terminate()
    assert max(took) < 1, took


async def test_the_hint_itself_comes_through_the_broker(twins: tuple[Suite, ServiceProcess]) -> None:
    """The gateway's own user may hear the gateway's events, and hears the id of what changed."""
    suite, _ = twins
    heard: asyncio.Queue[str] = asyncio.Queue()
    values = {name.lower(): value for name, value in suite.surroundings.of("gateway").items()}
    settings = GatewaySettings.model_validate(values)
    changes = Changes()
    changes.register(API_KEY.name, heard.put_nowait)
    database = Database(suite.database_urls["gateway"], pool_size=1)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        await changes.listen(settings, stack)
        await asyncio.sleep(1)
        key, _ = await issued(database)
        async with asyncio.timeout(60):
            while await heard.get() != str(key.row.id):
                pass
