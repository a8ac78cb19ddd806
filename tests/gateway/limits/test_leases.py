"""Buckets that several processes draw from, on a real database: what is given out, lost, refused, and done alone."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator

import asyncpg
import pytest
from prometheus_client import Counter

from gateway.limits import leases as module
from gateway.limits.leases import Leases
from gateway.limits.values import Limit
from shared.db import Database
from tests.support.postgres import Cluster, plain_dsn

SLOW = Limit("test-slow", 0.5, 20)
FAST = Limit("test-fast", 200.0, 100)
STILL = Limit("test-still", 0.001, 20)
"""Nothing comes back to it while a test runs, however slow the machine is."""
DRAWN, FAILED = module.DRAWS.labels("drawn"), module.DRAWS.labels("failed")


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
        db = Database(url, pool_size=1, pool_timeout=60, statement_timeout=60)
        made.append((Leases(db, 0.25), db))
        return made[-1][0]

    yield make
    for leases, db in made:
        await leases.close()
        await db.close()


@pytest.fixture
def patient(process: Make, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Processes that wait for the database and keep what they drew, so that a busy machine changes nothing."""
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 60.0)
    monkeypatch.setattr(module, "LEASE_SECONDS", 100.0)
    return process


def number(counter: Counter) -> float:
    return float(counter._value.get())


async def granted(leases: Leases, limit: Limit, subject: str, count: int) -> int:
    return sum([(await leases.take(limit, subject)).granted for _ in range(count)])


async def test_processes_together_give_out_no_more_than_one_would(patient: Make) -> None:
    crowd = [patient() for _ in range(4)]
    began = time.monotonic()
    given = sum(await asyncio.gather(*(granted(one, SLOW, "together", 50) for one in crowd)))
    most = SLOW.burst + SLOW.per_second * (time.monotonic() - began)
    assert SLOW.burst - 4 * module.Bucket("", SLOW).largest_chunk <= given <= most + 1e-6


async def test_a_fast_bucket_is_drawn_in_chunks_and_keeps_its_rate(patient: Make) -> None:
    """No try gives too much; what comes back while the machine stands still is lost, so the best one counts."""
    crowd = [patient(), patient()]

    async def attempt(subject: str) -> bool:
        began, given, before = time.monotonic(), 0, number(DRAWN)

        async def spend(leases: Leases) -> None:
            nonlocal given
            while time.monotonic() - began < 2:
                taken = await leases.take(FAST, subject)
                given += taken.granted
                await asyncio.sleep(0.001)

        await asyncio.gather(*(spend(leases) for leases in crowd for _ in range(10)))
        expected = FAST.burst + FAST.per_second * (time.monotonic() - began)
        assert given <= expected
        return given >= expected * 0.8 and number(DRAWN) - before < given / 3

    for number_of_try in range(10):
        if await attempt(f"rate-{number_of_try}"):
            return
    pytest.fail("ten times less than 0.8 of the rate, or more than a draw for three tokens")


async def test_a_refusal_says_when_there_is_a_token_again(patient: Make) -> None:
    leases = patient()
    limit = Limit("test-wait", 2.0, 3)
    began, given = time.monotonic(), 0
    while (taken := await leases.take(limit, "wait")).granted:
        given += 1
    assert 3 <= given <= 3 + 2 * (time.monotonic() - began)
    assert 0 < taken.seconds <= 0.5
    await asyncio.sleep(taken.seconds + 0.02)
    assert (await leases.take(limit, "wait")).granted


async def test_a_refused_caller_does_not_ask_the_database_each_time(patient: Make) -> None:
    leases = patient()
    limit = Limit("test-quiet", 0.001, 1)
    assert await granted(leases, limit, "quiet", 2) == 1
    before = number(DRAWN)
    assert await granted(leases, limit, "quiet", 500) == 0
    assert number(DRAWN) == before


async def test_tokens_not_spent_in_time_are_lost(patient: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEASE_SECONDS", 0.05)
    leases, limit = patient(), Limit("test-lost", 10.0, 40)
    began = time.monotonic()
    assert (await leases.take(limit, "lost")).granted
    await asyncio.sleep(0.1)
    left = await granted(patient(), limit, "lost", 40)
    assert left <= 40 - 10 + limit.per_second * (time.monotonic() - began)


async def test_callers_of_one_process_at_the_same_time_share_one_question(patient: Make) -> None:
    leases = patient()
    limit = Limit("test-crowd", 0.5, 100)
    before = number(DRAWN)
    taken = await asyncio.gather(*(leases.take(limit, "crowd") for _ in range(90)))
    assert all(one.granted for one in taken)
    assert number(DRAWN) - before <= 4


async def test_many_subjects_are_drawn_for_in_one_statement(patient: Make) -> None:
    crowd = [patient(), patient()]
    subjects = [f"many-{index}" for index in range(100)]
    before = number(DRAWN)
    taken = await asyncio.gather(*(one.take(SLOW, name) for one in crowd for name in reversed(subjects)))
    assert all(one.granted for one in taken)
    assert number(DRAWN) - before <= 6


async def test_a_changed_limit_holds_at_once(patient: Make) -> None:
    assert await granted(patient(), Limit("test-changed", 0.001, 5), "x", 9) == 5
    assert await granted(patient(), Limit("test-changed", 0.001, 2), "x", 9) == 0


async def test_a_clock_set_back_locks_nobody_out(patient: Make, url: str) -> None:
    connection = await asyncpg.connect(plain_dsn(url))
    try:
        await granted(patient(), SLOW, "clock", 1)
        await connection.execute("UPDATE rate_bucket SET drawn_until = drawn_until + 9999 WHERE bucket LIKE '%clock'")
    finally:
        await connection.close()
    leases = patient()
    assert not (await leases.take(SLOW, "clock")).granted
    await asyncio.sleep(2.1)
    assert (await leases.take(SLOW, "clock")).granted


async def test_without_a_database_each_process_keeps_to_a_part_by_itself() -> None:
    db = Database("postgresql+asyncpg://nobody@127.0.0.1:9/none", pool_size=1, pool_timeout=60)
    leases = Leases(db, 0.25)
    try:
        began, before = time.monotonic(), number(FAILED)
        assert await granted(leases, STILL, "alone", 60) == STILL.burst * 0.25
        assert await granted(leases, STILL, "another", 60) == STILL.burst * 0.25
        assert number(FAILED) - before <= 2 * (1 + time.monotonic() - began), "it is asked for once a second"
    finally:
        await leases.close()
        await db.close()


async def test_a_bucket_that_is_locked_elsewhere_holds_nobody_up_for_long(process: Make, url: str) -> None:
    async def seconds(subject: str) -> float:
        leases = process()
        await granted(process(), STILL, subject, 1)
        connection = await asyncpg.connect(plain_dsn(url))
        try:
            async with connection.transaction():
                await connection.execute("SELECT 1 FROM rate_bucket WHERE bucket LIKE '%' || $1 FOR UPDATE", subject)
                began = time.monotonic()
                assert (await leases.take(STILL, subject)).granted
                assert (await leases.take(STILL, f"other than {subject}")).granted
                took = time.monotonic() - began
        finally:
            await connection.close()
        await asyncio.sleep(1.2)
        assert (await leases.take(STILL, subject)).granted
        return took

    fastest = min([await seconds(f"locked-{index}") for index in range(5)])
    assert fastest < 0.6


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
    while given < limit.burst:
        await spend(0.1)
    one = limit.burst + limit.per_second * (time.monotonic() - began)
    assert given <= one * 1.25 + 1


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
