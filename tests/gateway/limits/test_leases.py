"""Buckets that several processes draw from, on a real database: what is given out, lost, refused, and done alone."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator

import asyncpg
import pytest

from gateway.limits import leases as module
from gateway.limits.leases import Leases
from gateway.limits.values import Limit
from shared.db import Database
from tests.support.postgres import Cluster, plain_dsn

SLOW = Limit("test-slow", 0.5, 20)
FAST = Limit("test-fast", 200.0, 100)


@pytest.fixture(scope="module")
def url(postgres: Cluster) -> Iterator[str]:
    url = postgres.service_database("gateway")
    yield url
    postgres.drop_database(url)


Make = Callable[[], Leases]


@pytest.fixture
async def process(url: str) -> AsyncIterator[Make]:
    """Each call is one more gateway process, as far as the buckets are concerned."""
    made: list[tuple[Leases, Database]] = []

    def make() -> Leases:
        db = Database(url, pool_size=1, pool_timeout=1, statement_timeout=1)
        made.append((Leases(db, 0.25), db))
        return made[-1][0]

    yield make
    for leases, db in made:
        await leases.close()
        await db.close()


async def granted(leases: Leases, limit: Limit, subject: str, count: int) -> int:
    return sum([(await leases.take(limit, subject)).granted for _ in range(count)])


async def test_processes_together_give_out_no_more_than_one_would(process: Make) -> None:
    crowd = [process() for _ in range(4)]
    began = time.monotonic()
    given = sum(await asyncio.gather(*(granted(one, SLOW, "together", 50) for one in crowd)))
    most = SLOW.burst + SLOW.per_second * (time.monotonic() - began)
    assert SLOW.burst - 4 * module.Bucket("", SLOW).largest_chunk <= given <= most + 1e-6


async def test_a_fast_bucket_is_drawn_in_chunks_and_keeps_its_rate(process: Make) -> None:
    crowd = [process(), process()]
    began, given = time.monotonic(), 0

    async def spend(leases: Leases) -> None:
        nonlocal given
        while time.monotonic() - began < 2:
            taken = await leases.take(FAST, "rate")
            given += taken.granted
            await asyncio.sleep(0.001)

    before = module.DRAWS.labels("drawn")._value.get()
    await asyncio.gather(*(spend(leases) for leases in crowd for _ in range(10)))
    expected = FAST.burst + FAST.per_second * (time.monotonic() - began)
    assert given <= expected
    assert given >= expected * 0.8
    assert module.DRAWS.labels("drawn")._value.get() - before < given / 3


async def test_a_refusal_says_when_there_is_a_token_again(process: Make) -> None:
    leases = process()
    limit = Limit("test-wait", 2.0, 3)
    assert await granted(leases, limit, "wait", 3) == 3
    refused = await leases.take(limit, "wait")
    assert not refused.granted
    assert 0 < refused.seconds <= 0.5
    await asyncio.sleep(refused.seconds + 0.02)
    assert (await leases.take(limit, "wait")).granted


async def test_a_refused_caller_does_not_ask_the_database_each_time(process: Make) -> None:
    leases = process()
    limit = Limit("test-quiet", 0.5, 1)
    await granted(leases, limit, "quiet", 2)
    before = module.DRAWS.labels("drawn")._value.get()
    assert await granted(leases, limit, "quiet", 500) == 0
    assert module.DRAWS.labels("drawn")._value.get() == before


async def test_tokens_not_spent_in_time_are_lost(process: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEASE_SECONDS", 0.05)
    leases, limit = process(), Limit("test-lost", 10.0, 40)
    assert (await leases.take(limit, "lost")).granted
    await asyncio.sleep(0.1)
    other = process()
    began = time.monotonic() - 0.2
    left = await granted(other, limit, "lost", 40)
    assert left <= 40 - 10 + limit.per_second * (time.monotonic() - began)


async def test_callers_of_one_process_at_the_same_time_share_one_question(process: Make) -> None:
    leases = process()
    limit = Limit("test-crowd", 0.5, 100)
    before = module.DRAWS.labels("drawn")._value.get()
    taken = await asyncio.gather(*(leases.take(limit, "crowd") for _ in range(90)))
    assert all(one.granted for one in taken)
    assert module.DRAWS.labels("drawn")._value.get() - before <= 4


async def test_many_subjects_are_drawn_for_in_one_statement(process: Make) -> None:
    crowd = [process(), process()]
    subjects = [f"many-{number}" for number in range(100)]
    before = module.DRAWS.labels("drawn")._value.get()
    taken = await asyncio.gather(*(one.take(SLOW, name) for one in crowd for name in reversed(subjects)))
    assert all(one.granted for one in taken)
    assert module.DRAWS.labels("drawn")._value.get() - before <= 6


async def test_a_changed_limit_holds_at_once(process: Make) -> None:
    assert await granted(process(), Limit("test-changed", 0.5, 5), "x", 9) == 5
    assert await granted(process(), Limit("test-changed", 0.5, 2), "x", 9) == 0


async def test_a_clock_set_back_locks_nobody_out(process: Make, url: str) -> None:
    connection = await asyncpg.connect(plain_dsn(url))
    try:
        await granted(process(), SLOW, "clock", 1)
        await connection.execute("UPDATE rate_bucket SET drawn_until = drawn_until + 9999 WHERE bucket LIKE '%clock'")
    finally:
        await connection.close()
    leases = process()
    assert not (await leases.take(SLOW, "clock")).granted
    await asyncio.sleep(2.1)
    assert (await leases.take(SLOW, "clock")).granted


async def test_without_a_database_each_process_keeps_to_a_part_by_itself() -> None:
    db = Database("postgresql+asyncpg://nobody@127.0.0.1:9/none", pool_size=1, pool_timeout=0.2)
    leases = Leases(db, 0.25)
    try:
        began = time.monotonic()
        assert await granted(leases, SLOW, "alone", 60) == SLOW.burst * 0.25
        assert time.monotonic() - began < 1
        assert await granted(leases, SLOW, "another", 60) == SLOW.burst * 0.25
    finally:
        await leases.close()
        await db.close()


async def test_a_bucket_that_is_locked_elsewhere_holds_nobody_up_for_long(process: Make, url: str) -> None:
    leases = process()
    await granted(process(), SLOW, "locked", 1)
    connection = await asyncpg.connect(plain_dsn(url))
    try:
        async with connection.transaction():
            await connection.execute("SELECT 1 FROM rate_bucket WHERE bucket LIKE '%locked' FOR UPDATE")
            began = time.monotonic()
            assert (await leases.take(SLOW, "locked")).granted
            assert (await leases.take(SLOW, "other than locked")).granted
            assert time.monotonic() - began < 0.6
    finally:
        await connection.close()
    await asyncio.sleep(1.2)
    assert (await leases.take(SLOW, "locked")).granted


async def test_a_database_that_comes_and_goes_gives_no_more_than_the_part_on_top(process: Make, url: str) -> None:
    """Every second draw waits behind a lock: the process's own part must not be full again after each that succeeds."""
    leases, limit = process(), Limit("test-flapping", 4.0, 20)
    connection = await asyncpg.connect(plain_dsn(url))
    began, given = time.monotonic(), 0

    async def spend(seconds: float) -> None:
        nonlocal given
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            given += (await leases.take(limit, "flapping")).granted
            await asyncio.sleep(0.01)

    try:
        await spend(0.3)
        for _ in range(3):
            async with connection.transaction():
                await connection.execute("SELECT 1 FROM rate_bucket WHERE bucket LIKE '%flapping' FOR UPDATE")
                await spend(0.7)
            await spend(1.2)
    finally:
        await connection.close()
    one = limit.burst + limit.per_second * (time.monotonic() - began)
    assert given <= one * 1.25 + 1
    assert given >= limit.burst


def test_a_draw_does_not_make_the_own_part_full_again() -> None:
    limit = Limit("test-part", 1.0, 40)
    bucket, part, now = module.Bucket("", limit), limit.part(0.25), 1000.0
    granted_alone = 0
    for _ in range(50):
        while bucket.alone(part, now).granted:
            granted_alone += 1
        bucket.fill(0, 10, 0.0, now)
        now += 1.0
    assert granted_alone <= part.burst + part.per_second * 50
