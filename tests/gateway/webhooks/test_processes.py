"""Killed, frozen and doubled: what processes do to deliveries, with real ones."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from gateway.webhooks.models import WebhookDelivery
from shared.db import Database
from tests.gateway.conftest import World
from tests.gateway.webhooks.conftest import Log, Subscribe
from tests.gateway.webhooks.producer import PUBLIC, id_of, type_of
from tests.gateway.webhooks.receiver import Answer, Receiver, Seen
from tests.support.service_process import ServiceProcess
from tests.support.waiting import eventually, free_port

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]


def ids_for(positions: list[int]) -> list[str]:
    return [id_of(position) for position in positions if type_of(position) == PUBLIC]


@pytest.fixture
def second(world: World, webhook_environment: dict[str, str], webhook_folder: Path) -> Iterator[ServiceProcess]:
    """Another gateway process on the same database."""
    process = ServiceProcess(
        "gateway.main:app", free_port(), webhook_environment, log_file=webhook_folder / "second.log"
    )
    yield process.start()
    process.kill9()


async def test_killing_the_gateway_in_the_middle_loses_nothing_and_keeps_the_order(
    subscribe: Subscribe, receiver: Receiver, log: Log, world: World, db: Database
) -> None:
    """Twice, while receivers take their time: every event comes at least once, and its first time in its turn."""

    async def unhurried(_: Seen) -> Answer:
        return Answer(hold=0.05)

    receiver.behave = unhurried
    hook = await subscribe(receiver.url, ordered=True)
    expected = ids_for(log.grow(40))
    for share in (5, 15):
        await _seen(receiver, share)
        world.gateway.kill9()
        world.gateway.start()
    await eventually(lambda: len(set(receiver.ids)) >= len(expected), timeout=200)
    assert list(dict.fromkeys(receiver.ids)) == expected
    assert len(receiver.ids) <= len(expected) + 2
    assert receiver.twins == 0
    receiver.verified(hook.secret)

    async def settled() -> bool:
        async with db.transaction() as session:
            rows = await session.execute(
                select(WebhookDelivery.state, WebhookDelivery.event_id).where(
                    WebhookDelivery.webhook_id == UUID(hook.id)
                )
            )
            found = [(row.state, str(row.event_id)) for row in rows]
        return sorted(found) == sorted(("delivered", event_id) for event_id in expected)

    await eventually(settled)


async def test_two_processes_never_send_one_event_at_the_same_time(
    subscribe: Subscribe, receiver: Receiver, log: Log, world: World, second: ServiceProcess
) -> None:
    """With both alive, and with the one that works frozen until the other has taken over, and awake again."""

    async def unhurried(_: Seen) -> Answer:
        return Answer(hold=0.1)

    receiver.behave = unhurried
    hook = await subscribe(receiver.url)
    expected = ids_for(log.grow(40))
    await eventually(lambda: len(receiver.ids) >= 10, timeout=60)
    world.gateway.sigstop()
    try:
        await eventually(lambda: len(set(receiver.ids)) >= len(expected), timeout=200)
    finally:
        world.gateway.sigcont()
    await asyncio.sleep(2)
    assert set(receiver.ids) == set(expected)
    assert receiver.twins == 0
    assert len(receiver.ids) <= len(expected) + 8
    receiver.verified(hook.secret)


async def test_a_producer_that_is_away_costs_time_only(subscribe: Subscribe, receiver: Receiver, log: Log) -> None:
    await subscribe(receiver.url, ordered=True)
    log.write(away=1)
    expected = ids_for(log.grow(5))
    await asyncio.sleep(0.5)
    assert not receiver.seen
    log.write(away=0)
    await eventually(lambda: len(receiver.seen) >= len(expected))
    assert receiver.ids == expected


async def _seen(receiver: Receiver, count: int) -> None:
    await eventually(lambda: len(set(receiver.ids)) >= count, timeout=60)
