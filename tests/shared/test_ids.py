import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from shared.ids import case_no, next_case_no, uuid7
from shared.kernel_tables import case_counter
from tests.support.postgres import Cluster


def test_uuid7_has_the_version_variant_and_time_of_rfc_9562() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000 + 1


def test_uuid7_increases_within_one_millisecond() -> None:
    made = [uuid7() for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_uuid7_increases_when_the_clock_steps_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = uuid7()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000)
    assert uuid7() > first


def test_uuid7_is_unique_over_threads() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = [one for many in pool.map(lambda _: [uuid7() for _ in range(2_000)], range(8)) for one in many]
    assert len(set(made)) == len(made)


@pytest.mark.parametrize(
    ("n", "expected"), [(1, "GR-2019-0001"), (12, "GR-2019-0012"), (9999, "GR-2019-9999"), (10_000, "GR-2019-10000")]
)
def test_case_numbers_have_four_digits_or_more(n: int, expected: str) -> None:
    assert case_no("GR", 2019, n) == expected


@pytest.mark.parametrize(("prefix", "year", "n"), [("gr", 2019, 1), ("G", 2019, 1), ("GR", 19, 1), ("GR", 2019, 0)])
def test_malformed_case_numbers_are_refused(prefix: str, year: int, n: int) -> None:
    with pytest.raises(ValueError, match="no case number"):
        case_no(prefix, year, n)


@pytest.fixture
async def engine(postgres: Cluster) -> AsyncIterator[AsyncEngine]:
    url = postgres.create_database()
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(case_counter.create)
    yield engine
    await engine.dispose()
    postgres.drop_database(url)


async def test_twenty_transactions_at_once_number_without_gaps_or_doubles(engine: AsyncEngine) -> None:
    async def number() -> str:
        async with AsyncSession(engine) as session, session.begin():
            return await next_case_no(session, "GR", 2019)

    numbers = await asyncio.gather(*(number() for _ in range(20)))
    assert sorted(numbers) == [case_no("GR", 2019, n) for n in range(1, 21)]


async def test_a_rolled_back_case_gives_its_number_back(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        assert await next_case_no(session, "DL", 2021) == "DL-2021-0001"
        await session.rollback()
        assert await next_case_no(session, "DL", 2021) == "DL-2021-0001"


async def test_numbers_restart_for_each_prefix_and_year(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session, session.begin():
        made = [await next_case_no(session, *kind) for kind in (("GR", 2019), ("GR", 2020), ("DL", 2019), ("GR", 2019))]
    assert made == ["GR-2019-0001", "GR-2020-0001", "DL-2019-0001", "GR-2019-0002"]
