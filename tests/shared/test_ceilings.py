import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from sqlalchemy import MetaData, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from shared.ceilings import CeilingMove, ceiling_table, commit_amount, release_amount
from tests.support.postgres import Cluster

_METADATA = MetaData(naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s", "pk": "pk_%(table_name)s"})
CEILING = ceiling_table(_METADATA)
_LIMIT = Decimal("200000.00")
_KEY = {"kind": "grants", "subject": "centre-1", "period": "2019"}


@pytest.fixture
async def engine(postgres: Cluster) -> AsyncIterator[AsyncEngine]:
    url = postgres.create_database()
    engine = create_async_engine(url, pool_size=20)
    async with engine.begin() as connection:
        await connection.run_sync(_METADATA.create_all)
    yield engine
    await engine.dispose()
    postgres.drop_database(url)


async def _commit(engine: AsyncEngine, amount: str, limit: Decimal = _LIMIT) -> CeilingMove:
    async with AsyncSession(engine) as session, session.begin():
        return await commit_amount(session, CEILING, **_KEY, amount=Decimal(amount), limit=limit)


async def _release(engine: AsyncEngine, amount: str) -> CeilingMove:
    async with AsyncSession(engine) as session, session.begin():
        return await release_amount(session, CEILING, **_KEY, amount=Decimal(amount))


async def test_the_whole_limit_may_be_committed_and_not_a_fen_more(engine: AsyncEngine) -> None:
    assert await _commit(engine, "199999.99") == CeilingMove(True, Decimal("199999.99"), _LIMIT)
    refused = await _commit(engine, "0.02")
    assert (refused.ok, refused.remaining) == (False, Decimal("0.01"))
    assert await _commit(engine, "0.01") == CeilingMove(True, _LIMIT, _LIMIT)


async def test_a_first_amount_above_the_limit_leaves_no_row(engine: AsyncEngine) -> None:
    assert await _commit(engine, "200000.01") == CeilingMove(False, Decimal("0.00"), _LIMIT)
    async with AsyncSession(engine) as session:
        assert (await session.execute(select(CEILING))).all() == []


async def test_fifty_approvals_at_once_meet_the_limit_exactly(engine: AsyncEngine) -> None:
    moves = await asyncio.gather(*(_commit(engine, "7000.00") for _ in range(50)))
    assert sum(move.ok for move in moves) == 28
    async with AsyncSession(engine) as session:
        committed = (await session.execute(select(CEILING.c.committed))).scalar_one()
    assert committed == Decimal("196000.00")
    assert {move.remaining for move in moves if not move.ok} == {Decimal("4000.00")}


async def test_a_rolled_back_approval_frees_its_amount(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        assert (await commit_amount(session, CEILING, **_KEY, amount=_LIMIT, limit=_LIMIT)).ok
        await session.rollback()
    assert (await _commit(engine, "200000.00")).ok


async def test_an_approval_waits_for_the_one_before_it_and_is_refused(engine: AsyncEngine) -> None:
    await _commit(engine, "100000.00")
    async with AsyncSession(engine) as session, session.begin():
        assert (await commit_amount(session, CEILING, **_KEY, amount=Decimal("60000.00"), limit=_LIMIT)).ok
        waiting = asyncio.create_task(_commit(engine, "60000.00"))
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        assert not done
    assert not (await waiting).ok


async def test_after_a_rise_of_the_tier_the_higher_limit_holds(engine: AsyncEngine) -> None:
    await _commit(engine, "200000.00")
    higher = Decimal("300000.00")
    assert await _commit(engine, "100000.00", higher) == CeilingMove(True, higher, higher)


async def test_after_a_fall_of_the_tier_the_higher_limit_still_holds(engine: AsyncEngine) -> None:
    higher = Decimal("300000.00")
    await _commit(engine, "10000.00", higher)
    assert await _commit(engine, "250000.00", _LIMIT) == CeilingMove(True, Decimal("260000.00"), higher)
    refused = await _commit(engine, "50000.00", _LIMIT)
    assert (refused.ok, refused.limit, refused.remaining) == (False, higher, Decimal("40000.00"))


async def test_a_refused_rise_does_not_raise_the_stored_limit(engine: AsyncEngine) -> None:
    await _commit(engine, "200000.00")
    assert not (await _commit(engine, "150000.00", Decimal("300000.00"))).ok
    assert not (await _commit(engine, "0.01")).ok


async def test_a_released_amount_can_be_committed_again(engine: AsyncEngine) -> None:
    await _commit(engine, "200000.00")
    assert await _release(engine, "50000.00") == CeilingMove(True, Decimal("150000.00"), _LIMIT)
    assert (await _commit(engine, "50000.00")).ok


async def test_no_more_is_released_than_was_committed(engine: AsyncEngine) -> None:
    await _commit(engine, "10000.00")
    assert await _release(engine, "10000.01") == CeilingMove(False, Decimal("10000.00"), _LIMIT)


async def test_years_subjects_and_kinds_are_separate(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session, session.begin():
        for key in ({**_KEY, "period": "2020"}, {**_KEY, "subject": "centre-2"}, {**_KEY, "kind": "rewards"}, _KEY):
            assert (await commit_amount(session, CEILING, **key, amount=_LIMIT, limit=_LIMIT)).ok


@pytest.mark.parametrize("amount", ["0.00", "-1.00"])
async def test_only_positive_amounts_move(engine: AsyncEngine, amount: str) -> None:
    with pytest.raises(ValueError, match="positive"):
        await _commit(engine, amount)
    with pytest.raises(ValueError, match="positive"):
        await _release(engine, amount)


@pytest.mark.parametrize("committed", ["200000.01", "-0.01"])
async def test_the_database_itself_refuses_a_row_beyond_its_limit(engine: AsyncEngine, committed: str) -> None:
    row = insert(CEILING).values(**_KEY, limit_amount=_LIMIT, committed=Decimal(committed))
    async with AsyncSession(engine) as session:
        with pytest.raises(IntegrityError, match="ck_ceiling_committed_within_limit"):
            await session.execute(row)
