"""A term of office ends when it must, and what fails in it passes for what it is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from shared.errors import DomainError, invalid_transition, reference_not_yet_known, service_unavailable
from shared.events.broker import end
from shared.events.election import Elector
from shared.events.failures import is_transient
from shared.events.relay import Relay
from shared.events.runtime import _kept_running
from tests.shared.events.numbering import number
from tests.shared.events.world import World
from tests.support.postgres import Cluster
from tests.support.waiting import eventually

TOPIC = "registry.centre"


@pytest.fixture
async def world(postgres: Cluster, tmp_path: Path) -> AsyncIterator[World]:
    async with World(postgres, tmp_path) as made:
        yield made


async def test_a_relay_that_is_publishing_ends_when_its_term_does(world: World) -> None:
    await world.append(range(4000))
    await number(world.urls["registry"], TOPIC)
    for turn in range(12):
        task = asyncio.create_task(Relay(world.urls["registry"], world.operator, [TOPIC]).run())
        await asyncio.sleep(0.02 + 0.007 * turn)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=30)
        assert done, "the cancellation was swallowed"
        assert task.cancelled()


async def test_an_elector_cancelled_while_its_work_winds_up_ends(world: World) -> None:
    winding_up = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            winding_up.set()
            await asyncio.sleep(0.5)

    elector = Elector(world.urls["registry"], 77, "test", work)
    task = asyncio.create_task(elector.run())
    await eventually(lambda: elector.leading)
    world.cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'elect:test'")
    await asyncio.wait_for(winding_up.wait(), 30)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=30)
    assert done
    assert task.cancelled()


async def test_one_loop_of_a_term_that_fails_is_started_again_and_stops_no_other() -> None:
    runs: list[str] = []

    def loop(name: str, *, fails: bool) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            runs.append(name)
            if fails:
                raise ValueError(name)
            await asyncio.sleep(60)

        return run

    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_kept_running(loop("relay", fails=True), "relay")),
            group.create_task(_kept_running(loop("sequencer", fails=False), "sequencer")),
        ]
        await eventually(lambda: runs.count("relay") == 2)
        for task in tasks:
            task.cancel()
    assert runs.count("sequencer") == 1


@pytest.mark.parametrize("fails", [True, False], ids=["raises another error", "returns"])
async def test_a_loop_that_loses_its_cancellation_ends_all_the_same(fails: bool) -> None:
    """A connection that breaks while its transaction is cancelled raises its own error in place of the cancellation."""
    running = asyncio.Event()

    async def lose_it() -> None:
        running.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            if fails:
                raise ConnectionError("broken") from None

    task = asyncio.create_task(_kept_running(lose_it, "relay"))
    await running.wait()
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=30)
    assert done, "the cancellation was swallowed"
    assert task.cancelled()


async def test_a_task_that_takes_a_cancellation_for_a_failed_connection_is_ended() -> None:
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed == 3:
                    raise

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await asyncio.wait_for(end(task), 30)
    assert (task.cancelled(), swallowed) == (True, 3)


class _Stated(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (ConnectionError("away"), True),
        (service_unavailable("registry"), True),
        (reference_not_yet_known("centre", "c"), True),
        (invalid_transition("delisted", ["listed"]), False),
        (DomainError("grant-over-cap", 409), False),
        (ExceptionGroup("two", [ValueError("one"), ConnectionError("other")]), True),
        (ValueError("nonsense"), False),
        (DBAPIError("", {}, _Stated("40P01")), True),
        (DBAPIError("", {}, _Stated("55P03")), True),
        (DBAPIError("", {}, _Stated("25006")), True),
        (DBAPIError("", {}, _Stated("25P02")), False),
        (DBAPIError("", {}, _Stated("23505")), False),
    ],
)
def test_what_passes_by_itself_blocks_and_what_does_not_is_parked(error: Exception, transient: bool) -> None:
    assert is_transient(error) is transient
