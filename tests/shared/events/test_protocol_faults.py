"""Each fault of the event log protocol against real servers; afterwards the state is that of an undisturbed run."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from shared.events.outbox import append_many
from shared.events.parking import retry
from shared.events.streams import provision
from shared.ids import uuid7
from tests.shared.events import apps
from tests.shared.events.contract import BulkCounted, Item, ItemCounted
from tests.shared.events.world import CONTEXT, World
from tests.support.postgres import Cluster
from tests.support.waiting import eventually

pytestmark = [pytest.mark.fault, pytest.mark.timeout(120)]


@pytest.fixture
async def world(postgres: Cluster, tmp_path: Path) -> AsyncIterator[World]:
    async with World(postgres, tmp_path) as made:
        yield made


async def test_a_message_delivered_twice_has_one_effect(world: World) -> None:
    await world.start("registry", "finance")
    await world.append(range(3))
    await world.settled(3)
    second = (await world.log())[1]
    headers = second.headers() | {"Nats-Msg-Id": "another id, so that the broker does not drop it"}
    for _ in range(3):
        await world.operator.jetstream().publish("registry.centre.counted.v1", second.data.encode(), headers=headers)
    await world.append([3])
    await world.settled(4)


async def test_a_message_deleted_from_the_stream_before_it_is_read_is_read_from_the_log(world: World) -> None:
    await world.start("registry")
    await world.append(range(5))
    await world.published(5)
    assert await world.operator.jetstream().delete_msg("REGISTRY", 3)
    await world.start("finance")
    await world.settled(5)


async def test_a_message_deleted_while_the_consumer_is_away_is_found_missing_by_the_next_one(world: World) -> None:
    _, consumer = await world.start("registry", "finance")
    await world.append(range(3))
    await world.settled(3)
    consumer.sigstop()
    await world.append(range(3, 6))
    await world.published(6)
    assert await world.operator.jetstream().delete_msg("REGISTRY", 5)
    consumer.sigcont()
    await world.settled(6)


async def test_a_purged_stream_loses_nothing(world: World) -> None:
    await world.start("registry")
    await world.append(range(10))
    await world.published(10)
    await world.operator.jetstream().purge_stream("REGISTRY")
    await world.start("finance")
    await world.append(range(10, 13))
    await world.settled(13)


async def test_a_broker_restarted_in_the_middle_loses_nothing(world: World) -> None:
    await world.start("registry", "finance")
    await world.append(range(20))
    world.broker.kill9()
    await world.append(range(20, 40))
    world.broker.start()
    await world.append(range(40, 50))
    await world.settled(50)


async def test_a_broker_wiped_in_the_middle_loses_nothing(world: World) -> None:
    await world.start("registry", "finance")
    await world.append(range(20))
    world.broker.kill9()
    await world.append(range(20, 40))
    world.broker.wipe()
    world.broker.start()
    await eventually(lambda: world.operator.is_connected)
    await provision(world.operator, deny=False)
    await world.append(range(40, 50))
    await world.settled(50)


@pytest.mark.parametrize("point", ["consumer.applied", "consumer.committed", "consumer.acknowledged"])
async def test_a_consumer_killed_at_a_point_has_each_effect_once(world: World, point: str) -> None:
    _, consumer = await world.start("registry", "finance")
    await world.append(range(5))
    await world.settled(5)
    (world.faults / "finance" / point).touch()
    await world.append(range(5, 10))
    await eventually(lambda: not consumer.running())
    await world.start("finance")
    await world.append([10])
    await world.settled(11)


@pytest.mark.parametrize("point", ["sequencer.committed", "relay.published", "relay.marked"])
async def test_a_producer_killed_at_a_point_loses_and_repeats_nothing(world: World, point: str) -> None:
    producer, _ = await world.start("registry", "finance")
    await world.append(range(5))
    await world.settled(5)
    (world.faults / "registry" / point).touch()
    await world.append(range(5, 10))
    await eventually(lambda: not producer.running())
    await world.start("registry")
    await world.append([10])
    await world.settled(11)


async def test_a_stopped_consumer_that_holds_the_lock_is_replaced_and_harmless_when_it_wakes(world: World) -> None:
    _, first = await world.start("registry", "finance")
    await world.append(range(5))
    await world.settled(5)
    await world.start("finance")
    first.sigstop()
    await world.append(range(5, 10))
    await world.settled(10)
    first.sigcont()
    await world.append(range(10, 200))
    await world.settled(200)


async def test_a_stopped_sequencer_that_holds_the_lock_is_replaced_and_harmless_when_it_wakes(world: World) -> None:
    first, _ = await world.start("registry", "finance")
    await world.append(range(5))
    await world.settled(5)
    first.sigstop()
    await world.start("registry")
    await world.append(range(5, 10))
    await world.published(10)
    first.sigcont()
    await world.append(range(10, 200))
    await world.settled(200)
    assert [event.position for event in await world.log()] == list(range(1, 201))


async def test_a_transaction_that_commits_late_is_not_overtaken_for_good(world: World) -> None:
    await world.start("registry", "finance")
    early: UUID = uuid7()
    async with world.producer_db.transaction() as slow:
        await append_many(slow, ItemCounted, [(early, 1, Item(n=0))], context=CONTEXT)
        await world.append([1, 2])
        await world.settled(2)
    await world.settled(3)
    assert await world.effects() == [(1, 1), (2, 2), (3, 0)]


async def test_a_transient_error_blocks_and_parks_nothing(world: World) -> None:
    await world.start("registry", "finance")
    await world.switch("transient", on=True)
    await world.append([0])
    await world.settled(1)
    await world.append([1], mode="transient")
    await world.append([2])
    await asyncio.sleep(2)
    assert await world.effects() == [(1, 0)]
    assert await world.parked() == []
    await world.switch("transient", on=False)
    await world.settled(3)


async def test_poison_is_parked_with_what_follows_it_and_retried_in_order(world: World) -> None:
    await world.start("registry", "finance")
    await world.switch("poison", on=True)
    poisoned = uuid7()
    await world.append([0], key=poisoned)
    await world.append([1], key=poisoned, mode="poison")
    await world.append([2], key=poisoned)
    await world.append([3])

    async def others_went_on() -> bool:
        return await world.cursor() == 4 and len(await world.effects()) == 2

    await eventually(others_went_on)
    assert await world.effects() == [(1, 0), (4, 3)]
    assert await world.parked() == [(2, False), (3, True)]
    failed = await retry(world.consumer_db, apps.consumers)
    assert [result.error is None for result in failed] == [False, False]
    await world.switch("poison", on=False)
    assert [result.error for result in await retry(world.consumer_db, apps.consumers)] == [None, None]
    assert await world.effects() == [(1, 0), (4, 3), (2, 1), (3, 2)]
    assert await world.parked() == []
    assert await retry(world.consumer_db, apps.consumers) == []


async def test_a_new_consumer_starts_from_position_0_without_the_stream(world: World) -> None:
    await world.start("registry")
    await world.append(range(1200))
    await world.published(1200)
    await world.operator.jetstream().purge_stream("REGISTRY")
    await world.start("finance")
    await world.settled(1200)


async def test_a_producer_restored_to_an_older_state_stops_the_topic_and_raises_an_alarm(world: World) -> None:
    producer, consumer = await world.start("registry", "finance")
    await world.append(range(5))
    await world.settled(5)
    producer.kill9()
    await world.producer_db.close()
    name = world.urls["registry"].rsplit("/", 1)[1]
    world.cluster.sql(f'CREATE DATABASE "{name}_backup" TEMPLATE "{name}"')
    (producer,) = await world.start("registry")
    await world.append(range(5, 10))
    await world.settled(10)
    before = await world.effects()
    producer.kill9()
    await world.producer_db.close()
    world.cluster.sql(f'DROP DATABASE "{name}" WITH (FORCE)', f'ALTER DATABASE "{name}_backup" RENAME TO "{name}"')
    await world.start("registry")
    await world.append(range(100, 110))

    async def alarmed() -> bool:
        async with httpx.AsyncClient() as client:
            return (
                'mengchuang_topic_forked{service="finance",topic="registry.centre"} 1.0'
                in (await client.get(f"{consumer.url}/metrics")).text
            )

    await eventually(alarmed)
    await asyncio.sleep(1)
    assert await world.effects() == before
    assert await world.parked() == []


async def test_a_bulk_of_20000_events_does_not_delay_another_topic(world: World) -> None:
    await world.start("registry", "finance")
    await world.append([0])
    await world.settled(1)
    for start in range(0, 20_000, 2_000):
        await world.append(range(start, start + 2_000), event_type=BulkCounted)
    loop = asyncio.get_running_loop()
    started = loop.time()
    await world.append([1])

    async def there() -> bool:
        return len(await world.effects()) == 2

    await eventually(there)
    delay = loop.time() - started
    async with world.producer_db.transaction() as session:
        waiting = await session.scalar(
            text("SELECT count(*) FROM event_log WHERE topic = 'registry.enterprise' AND position IS NULL")
        )
    bulk_done = len(await world.effects("registry.enterprise"))
    assert bulk_done < 20_000, "the bulk was through before the other event: nothing was shown"
    assert delay < 5, f"{delay:.2f} s with {waiting} bulk events still unnumbered"
    await world.settled(20_000, topic="registry.enterprise", timeout=90)
