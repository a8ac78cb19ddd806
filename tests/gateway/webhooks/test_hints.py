"""With a broker an event is sent on as soon as it is published, not at the next look into the log."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient

from gateway.accounts.usecases import Scope, create_account
from gateway.keys.usecases import Signing, Wanted, issue_key
from shared.clock import utcnow
from shared.db import Database
from shared.events import outbox
from shared.events.contracts import by_name
from shared.events.outbox import EventContext
from shared.events.types import EventData
from tests.contracts.sampling import make
from tests.gateway.conftest import PASSWORD
from tests.gateway.webhooks.producer import PUBLIC, TOPIC
from tests.gateway.webhooks.receiver import Receiver
from tests.support.postgres import Cluster
from tests.support.suite import Suite
from tests.support.waiting import eventually

CONTEXT = EventContext(actor="command-line", effective_on=date(2019, 3, 18), correlation_id="test")
POLL_SECONDS = 60.0
SOON_SECONDS = 30.0


@pytest.fixture(scope="module")
def suite(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """A gateway that looks into the logs by itself once a minute only."""
    extra = {"WEBHOOK_POLL_SECONDS": str(POLL_SECONDS), "WEBHOOK_ALLOW_NETS": "127.0.0.0/8"}
    with Suite(postgres, tmp_path_factory.mktemp("hints"), only=("registry", "gateway"), extra=extra) as running:
        yield running


@pytest.fixture
async def registry(suite: Suite) -> AsyncIterator[Database]:
    database = Database(suite.database_urls["registry"], pool_size=1)
    yield database
    await database.close()


async def _key(suite: Suite) -> dict[str, str]:
    database = Database(suite.database_urls["gateway"], pool_size=1)
    async with database.transaction() as session:
        scope, name = Scope(bank="CCB"), f"bank-{uuid4().hex[:8]}"
        account = await create_account(session, name, PASSWORD, roles=["bank"], scope=scope, context=CONTEXT)
        await session.flush()
        wanted = Wanted("k", True, ["*:read", "webhooks:write"], [], utcnow() + timedelta(days=1), Signing())
        issued = await issue_key(session, account.id, wanted, confirmed=True, keys=None, context=CONTEXT)
    await database.close()
    return {"Authorization": f"Bearer {issued.key.text}"}


async def _publish(registry: Database, count: int) -> None:
    kind = by_name(PUBLIC)
    assert kind is not None
    rows: list[tuple[UUID, int, EventData]] = [(uuid4(), 1, kind.data.model_validate(make(kind))) for _ in range(count)]
    async with registry.transaction() as session:
        await outbox.append_many(session, kind, rows, context=CONTEXT)


async def test_events_are_sent_on_when_they_are_published_also_after_the_broker_was_away(
    suite: Suite, registry: Database
) -> None:
    async with Receiver() as receiver, AsyncClient(base_url=suite.gateway_url, timeout=120) as http:
        headers = await _key(suite)
        body = {"url": receiver.url, "topics": [{"topic": TOPIC}]}
        made = await http.post("/v1/webhooks", headers=headers, json=body)
        assert made.status_code == 201, made.text

        async def heard() -> bool:
            return "webhooks-hear-of-events" in suite.log("gateway")

        await eventually(heard)
        for count in (1, 3):
            wanted, published = len(receiver.seen) + count, time.monotonic()
            await _publish(registry, count)
            while len(receiver.seen) < wanted:
                assert time.monotonic() - published < SOON_SECONDS, suite.log("gateway")[-2000:]
                await asyncio.sleep(0.05)
        suite.broker.kill9()
        await _publish(registry, 2)
        suite.broker.start()
        await eventually(lambda: len(receiver.seen) >= 6, 2 * SOON_SECONDS)
        assert len(set(receiver.ids)) == 6
        receiver.verified(made.json()["secret"])
        assert "broker-subscription-failed" not in suite.log("gateway")
        assert "Permissions Violation" not in suite.log("gateway")
