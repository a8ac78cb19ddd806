"""One topic's reader over real logs: what the broker says is checked against it, and it against the cursor."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
import structlog
from sqlalchemy import select

from shared.db import Database
from shared.events.envelope import SequencedEvent
from shared.events.feed_client import FeedClient
from shared.events.log_reader import FeedPage, read_log
from shared.events.outbox import append_many
from shared.events.topic_reader import TopicReader
from shared.ids import uuid7
from shared.kernel_tables import event_attempt
from shared.peers import PeerClient, PeerRefused, PeerUnavailable
from tests.shared.events import apps
from tests.shared.events.contract import Item, ItemCounted
from tests.shared.events.numbering import number
from tests.shared.events.world import CONTEXT, World
from tests.support.postgres import Cluster

TOPIC = "registry.centre"


class LogFeed:
    """The producer's log without HTTP in between."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.away = False

    async def read(self, topic: str, after: int, limit: int = 500) -> FeedPage:
        if self.away:
            raise PeerUnavailable("registry", "away")
        async with self._db.transaction() as session:
            page = await read_log(session, topic, after, limit)
        assert page is not None
        return page


class Desk:
    def __init__(self, world: World) -> None:
        self.world = world
        self.feed = LogFeed(world.producer_db)
        self.reader = self.again()

    def again(self) -> TopicReader:
        """The reader of another process."""
        return TopicReader(self.world.consumer_db, apps.consumers, cast(FeedClient, self.feed), TOPIC)

    async def numbered(self, *numbers: int, mode: str = "ok") -> list[SequencedEvent]:
        await self.world.append(numbers, mode=mode)
        await number(self.world.urls["registry"], TOPIC)
        return (await self.world.log())[-len(numbers) :]

    async def raise_epoch(self) -> None:
        await self.world.alter("UPDATE topic_head SET epoch = epoch + 1")


@pytest.fixture
async def desk(postgres: Cluster, tmp_path: Path) -> AsyncIterator[Desk]:
    # Without a service's logging, structlog would draw each traceback with all its locals: minutes for a few failures.
    with structlog.testing.capture_logs():
        async with World(postgres, tmp_path) as world:
            yield Desk(world)


async def test_a_message_of_another_past_is_dropped_if_the_log_still_agrees(desk: Desk) -> None:
    await desk.numbered(1, 2)
    assert await desk.reader.catch_up()
    stale = replace((await desk.world.log())[-1], id=uuid7(), position=3)
    assert await desk.reader.take([stale])
    assert desk.reader.forked is None
    (third,) = await desk.numbered(3)
    assert await desk.reader.take([third])
    assert await desk.world.effects() == await desk.world.undisturbed()


async def test_a_log_that_was_restored_once_is_read_from_the_start(desk: Desk) -> None:
    await desk.numbered(*range(150))
    await desk.raise_epoch()
    (*_, last) = await desk.numbered(150, 151)
    assert last.epoch == 2
    assert await desk.reader.take([last])
    assert await desk.again().catch_up()
    assert await desk.world.effects() == await desk.world.undisturbed()


async def test_a_raised_epoch_stops_who_acted_on_the_one_before(desk: Desk) -> None:
    await desk.numbered(1, 2)
    assert await desk.reader.catch_up()
    await desk.raise_epoch()
    assert not await desk.reader.catch_up()
    assert desk.reader.forked is not None
    (third,) = await desk.numbered(3)
    assert not await desk.again().take([third])
    assert await desk.world.effects() == [(1, 1), (2, 2)]


async def test_a_hole_in_the_producers_log_stops_the_topic(desk: Desk) -> None:
    await desk.numbered(1, 2, 3)
    await desk.world.alter("DELETE FROM event_log WHERE position = 2")
    assert not await desk.reader.catch_up()
    assert desk.reader.forked is not None
    assert await desk.world.effects() == [(1, 1)]


async def test_what_the_broker_brings_is_applied_while_the_producer_is_away(desk: Desk) -> None:
    await desk.numbered(1)
    assert await desk.reader.catch_up()
    events = await desk.numbered(2, 3)
    desk.feed.away = True
    assert not await desk.reader.catch_up()
    assert await desk.reader.take(events)
    assert desk.reader.forked is None
    assert await desk.world.effects() == await desk.world.undisturbed()


async def test_poison_first_in_a_batch_is_parked_and_its_projection_and_the_rest_are_applied(desk: Desk) -> None:
    await desk.world.switch("poison", on=True)
    poisoned = await desk.world.append([1], mode="poison")
    await desk.numbered(2, 3)
    assert await desk.reader.catch_up()
    assert await desk.world.effects() == [(2, 2), (3, 3)]
    assert await desk.world.parked() == [(1, False)]
    async with desk.world.consumer_db.transaction() as session:
        known = await session.scalar(select(apps.known_item.c.n).where(apps.known_item.c.id == poisoned))
        assert known == 1
        assert (await session.execute(select(event_attempt))).all() == []


async def test_a_value_that_the_database_cannot_hold_is_poison(desk: Desk) -> None:
    await desk.numbered(2**40, 2)
    assert await desk.reader.catch_up()
    assert [position for position, _ in await desk.world.parked()] == [1, 2], "both of one aggregate"


@pytest.mark.parametrize("answer", [PeerRefused("registry", 404, "not-found"), {"items": "none"}])
async def test_a_producer_that_gives_no_usable_answer_counts_as_away(answer: object) -> None:
    class Peers:
        async def get_json(self, *_: object, **__: object) -> object:
            if isinstance(answer, Exception):
                raise answer
            return answer

    with pytest.raises(PeerUnavailable):
        await FeedClient(cast(PeerClient, Peers())).read(TOPIC, 0)


async def test_a_page_of_large_events_ends_before_it_is_too_large_to_carry(desk: Desk) -> None:
    rows = [(uuid7(), 1, Item(n=n, padding="x" * 400_000)) for n in range(14)]
    async with desk.world.producer_db.transaction() as session:
        await append_many(session, ItemCounted, rows, context=CONTEXT)
    await number(desk.world.urls["registry"], TOPIC)
    page = await desk.feed.read(TOPIC, 0)
    assert [event.position for event in page.events] == list(range(1, 12))
    rest = await desk.feed.read(TOPIC, 11)
    assert [event.position for event in rest.events] == [12, 13, 14]
    assert rest.after_hash == page.events[-1].hash
