"""Killed, frozen and doubled: what processes do to deliveries, with real ones."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, text

from gateway.webhooks.models import WebhookDelivery
from shared.db import Database
from tests.gateway.conftest import World
from tests.gateway.webhooks.conftest import Log, Subscribe
from tests.gateway.webhooks.producer import PUBLIC, id_of, type_of
from tests.gateway.webhooks.receiver import Answer, Receiver, Seen
from tests.support.postgres import Cluster
from tests.support.service_process import ServiceProcess
from tests.support.waiting import eventually, free_port

pytestmark = pytest.mark.fault


def ids_for(positions: list[int]) -> list[str]:
    return [id_of(position) for position in positions if type_of(position) == PUBLIC]


@pytest.fixture(scope="module")
def patient(webhook_environment: dict[str, str], postgres: Cluster) -> Iterator[dict[str, str]]:
    """Another database, whose gateways give nothing up for minutes: a claim of a process that is gone counts as an
    attempt of some seconds ago, and on a busy machine the receiver may be late as well."""
    url = postgres.service_database("gateway")
    waits = "[0.2, 0.3, 0.5, 1.0, 2.0, 120.0]"
    yield {**webhook_environment, "DATABASE_URL": url, "WEBHOOK_RETRY_SECONDS": waits}
    postgres.drop_database(url)


@pytest.fixture(scope="module", name="world")
def patient_world(world: World, patient: dict[str, str], webhook_folder: Path) -> Iterator[World]:
    gateway = ServiceProcess("gateway.main:app", free_port(), patient, log_file=webhook_folder / "first.log")
    yield replace(world, gateway=gateway.start(), database_url=patient["DATABASE_URL"])
    gateway.kill9()


@pytest.fixture
def second(world: World, patient: dict[str, str], webhook_folder: Path) -> Iterator[ServiceProcess]:
    """Another gateway process on the same database."""
    process = ServiceProcess("gateway.main:app", free_port(), patient, log_file=webhook_folder / "second.log")
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
        await asyncio.to_thread(world.gateway.start)
    await eventually(lambda: len(set(receiver.ids)) >= len(expected), timeout=60)
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
    await eventually(lambda: len(receiver.ids) >= 10)
    world.gateway.sigstop()
    try:
        await eventually(lambda: len(set(receiver.ids)) >= len(expected), timeout=60)
    finally:
        world.gateway.sigcont()
    await asyncio.sleep(2)
    assert set(receiver.ids) == set(expected)
    assert receiver.twins == 0
    assert len(receiver.ids) <= len(expected) + 8
    receiver.verified(hook.secret)


async def test_a_process_frozen_with_a_webhook_locked_has_nothing_of_its_own_waiting_for_that_lock(
    subscribe: Subscribe, receiver: Receiver, log: Log, world: World, second: ServiceProcess, db: Database
) -> None:
    """Its lock ends with its session after 5 s; transactions of its own in the queue would each have the lock in turn,
    and as long. The takeover takes the election's time and the claims', however busy the frozen process was."""
    await subscribe(receiver.url)
    expected = ids_for(log.grow(250))
    await eventually(lambda: len(receiver.ids) >= 20)
    sent = await _freeze_within_a_transaction(world, receiver, db)
    try:
        assert (await db_sessions(db)).count("Lock") == 0
        await eventually(lambda: len(set(receiver.ids)) >= sent + 50)
    finally:
        world.gateway.sigcont()
    await eventually(lambda: len(set(receiver.ids)) >= len(expected), timeout=60)


async def test_a_producer_that_is_away_costs_time_only(subscribe: Subscribe, receiver: Receiver, log: Log) -> None:
    await subscribe(receiver.url, ordered=True)
    log.write(away=1)
    expected = ids_for(log.grow(5))
    await asyncio.sleep(0.5)
    assert not receiver.seen
    log.write(away=0)
    await eventually(lambda: len(receiver.seen) >= len(expected))
    assert receiver.ids == expected


async def _freeze_within_a_transaction(world: World, receiver: Receiver, db: Database) -> int:
    """Freeze the process that sends, at a moment at which it holds a webhook's lock; how much had been sent by then."""
    for _ in range(300):
        world.gateway.sigstop()
        await asyncio.sleep(0.1)
        if "Client" in await db_sessions(db):
            return len(set(receiver.ids))
        world.gateway.sigcont()
        await asyncio.sleep(0.01)
    raise AssertionError("it was never within a transaction")


async def db_sessions(db: Database) -> list[str]:
    """What each session waits for that has been in one transaction for a while: its client, or a lock."""
    waiting = text(
        "SELECT wait_event_type FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND state IN ('active', 'idle in transaction') AND state_change < clock_timestamp() - interval '50 ms'"
        " AND query LIKE '%webhook%'"
    )
    async with db.transaction() as session:
        return [str(row) for row in await session.scalars(waiting)]


async def _seen(receiver: Receiver, count: int) -> None:
    await eventually(lambda: len(set(receiver.ids)) >= count)
