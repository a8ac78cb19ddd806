"""`verify` names the first bad position of a log that was altered, reordered or cut, however it was done."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from shared.events.verify import Finding, verify
from shared.kernel_tables import consumer_cursor
from tests.shared.events.numbering import number
from tests.shared.events.world import World
from tests.support.postgres import Cluster


class Books:
    """A log of ten events, numbered here, and a consumer that has acted on all of them."""

    def __init__(self, world: World, anchors: Path) -> None:
        self.world = world
        self.anchors = anchors

    async def number(self) -> None:
        await number(self.world.urls["registry"], "registry.centre")

    async def verify(self) -> tuple[Finding, ...]:
        databases = {"registry": self.world.producer_db, "finance": self.world.consumer_db}
        return (await verify(databases, self.anchors)).findings

    async def consumer_at_the_end(self) -> None:
        last = (await self.world.log())[-1]
        async with self.world.consumer_db.transaction() as session:
            await session.execute(
                consumer_cursor.insert().values(
                    topic=last.topic, epoch=last.epoch, position=last.position, hash=last.hash
                )
            )


@pytest.fixture
async def books(postgres: Cluster, tmp_path: Path) -> AsyncIterator[Books]:
    async with World(postgres, tmp_path) as world:
        made = Books(world, tmp_path / "anchors.jsonl")
        await world.append(range(10))
        await made.number()
        yield made


async def test_a_whole_log_has_no_findings_and_is_anchored_once(books: Books) -> None:
    assert await books.verify() == ()
    assert await books.verify() == ()
    lines = [line for line in books.anchors.read_text().splitlines() if "registry.centre" in line]
    assert len(lines) == 1
    assert books.anchors.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("statement", "position"),
    [
        ("""UPDATE event_log SET data = '{"n":99}' WHERE position = 4""", 4),
        ("UPDATE event_log SET attributes = replace(attributes, 'tester', 'nobody') WHERE position = 7", 7),
        ("UPDATE event_log SET hash = sha256('x') WHERE position = 10", 10),
        ("DELETE FROM event_log WHERE position = 5", 5),
        ("UPDATE event_log SET actor = 'nobody' WHERE position = 6", 6),
        ("UPDATE event_log SET effective_on = effective_on + 1 WHERE position = 2", 2),
        ("UPDATE topic_head SET position = 8, hash = (SELECT hash FROM event_log WHERE position = 8)", 10),
        ("DELETE FROM topic_head", 1),
    ],
)
async def test_the_first_altered_position_is_named(books: Books, statement: str, position: int) -> None:
    await books.world.alter(statement)
    assert [finding.position for finding in await books.verify()] == [position]


async def test_two_events_exchanged_are_named(books: Books) -> None:
    await books.world.alter(
        "UPDATE event_log SET position = CASE position WHEN 3 THEN 1008 WHEN 8 THEN 1003 END WHERE position IN (3, 8)"
    )
    await books.world.alter("UPDATE event_log SET position = position - 1000 WHERE position > 1000")
    assert [finding.position for finding in await books.verify()] == [3]


async def test_a_log_cut_at_the_tail_is_named_by_its_head(books: Books) -> None:
    await books.world.alter("DELETE FROM event_log WHERE position > 6")
    assert [(f.database, f.position) for f in await books.verify()] == [("registry", 7)]


async def _cut_cleanly(books: Books) -> None:
    """Cut the tail and move the head back as well: the log alone looks whole."""
    await books.world.alter(
        "WITH last AS (SELECT hash FROM event_log WHERE position = 6)"
        " UPDATE topic_head SET position = 6, hash = (SELECT hash FROM last)"
    )
    await books.world.alter("DELETE FROM event_log WHERE position > 6")


async def test_a_cleanly_cut_tail_is_named_by_a_consumer_that_has_acted_on_it(books: Books) -> None:
    await books.consumer_at_the_end()
    await _cut_cleanly(books)
    assert [(f.database, f.position) for f in await books.verify()] == [("finance", 7)]


async def test_a_cleanly_cut_tail_is_named_by_the_anchor(books: Books) -> None:
    assert await books.verify() == ()
    await _cut_cleanly(books)
    assert [(f.database, f.position) for f in await books.verify()] == [("anchors", 7)]


async def test_a_topic_of_which_nothing_is_left_is_named_by_the_anchor_and_by_a_consumer(books: Books) -> None:
    await books.consumer_at_the_end()
    assert await books.verify() == ()
    await books.world.alter("DELETE FROM topic_head")
    await books.world.alter("DELETE FROM event_log")
    assert [(f.topic, f.position) for f in await books.verify()] == [("registry.centre", 1)]
    books.anchors.unlink()
    assert [(f.database, f.position) for f in await books.verify()] == [("finance", 1)]


async def test_a_log_that_grows_during_the_walk_is_whole(books: Books) -> None:
    async def grow() -> None:
        for n in range(30):
            await books.world.append([n])
            await books.number()

    growing = asyncio.create_task(grow())
    while not growing.done():
        assert await books.verify() == ()
    await growing


async def test_a_log_rewritten_with_new_hashes_is_named_by_the_anchor(books: Books) -> None:
    assert await books.verify() == ()
    await books.world.alter(
        """UPDATE event_log SET data = '{"n":99}', position = NULL, hash = NULL, epoch = NULL WHERE position > 0"""
    )
    await books.world.alter(r"UPDATE topic_head SET position = 0, hash = ''")
    await books.number()
    assert [(f.database, f.position) for f in await books.verify()] == [("anchors", 10)]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM event_log",
        "TRUNCATE event_log",
        "UPDATE event_log SET data = '{}'",
        "UPDATE event_log SET position = position + 1",
        "UPDATE event_log SET actor = 'somebody else' WHERE position IS NULL",
    ],
)
async def test_the_log_refuses_to_be_changed(books: Books, statement: str) -> None:
    await books.world.append([10])
    with pytest.raises(DBAPIError, match=r"append-only|written once"):
        async with books.world.producer_db.engine.begin() as connection:
            await connection.exec_driver_sql(statement)
