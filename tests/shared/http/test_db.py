"""Transactions, their retry and what wakes the sequencer."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import EVENTS_APPENDED, MAX_TRIES, Database, sqlstate_of
from shared.http.problems import translate
from tests.shared.http.sample import Base, Note


@pytest.fixture
async def two_rows(db: Database) -> Database:
    async with db.transaction() as session:
        session.add_all([Note(title="a", grade=1), Note(title="b", grade=2)])
    return db


async def raise_state(session: AsyncSession, state: str) -> None:
    await session.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$"))


@pytest.mark.parametrize(("state", "tries"), [("40001", MAX_TRIES), ("40P01", MAX_TRIES), ("23505", 1), ("57014", 1)])
async def test_only_serialisation_failures_and_deadlocks_are_tried_again(db: Database, state: str, tries: int) -> None:
    count = 0

    async def fails(session: AsyncSession) -> None:
        nonlocal count
        count += 1
        await raise_state(session, state)

    with pytest.raises(DBAPIError) as error:
        await db.run(fails)
    assert sqlstate_of(error.value) == state
    assert count == tries


@pytest.mark.parametrize(
    ("state", "status"),
    [("3D000", 503), ("57P01", 503), ("53300", 503), ("08006", 503), ("55P03", 503), ("22012", 500)],
)
async def test_a_database_that_is_away_is_no_fault_of_the_request(db: Database, state: str, status: int) -> None:
    with pytest.raises(DBAPIError) as error:
        await db.run(lambda session: raise_state(session, state))
    assert translate(error.value)[0].status == status


async def test_a_second_try_starts_from_nothing(db: Database) -> None:
    tries = 0

    async def work(session: AsyncSession) -> int:
        nonlocal tries
        tries += 1
        session.add(Note(title="only once"))
        await session.flush()
        if tries < 3:
            await raise_state(session, "40001")
        return tries

    assert await db.run(work) == 3
    async with db.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM note")) == 1


async def test_crossing_transactions_both_succeed(two_rows: Database) -> None:
    async def raise_both(session: AsyncSession, *grades: int) -> None:
        for grade in grades:
            await session.execute(text("UPDATE note SET version = version + 1 WHERE grade = :g"), {"g": grade})
            await asyncio.sleep(0.1)

    await asyncio.gather(
        two_rows.run(lambda session: raise_both(session, 1, 2)), two_rows.run(lambda session: raise_both(session, 2, 1))
    )
    async with two_rows.transaction() as session:
        assert list(await session.scalars(text("SELECT version FROM note"))) == [2, 2]


async def append_and_fail(session: AsyncSession) -> None:
    session.info[EVENTS_APPENDED] = True
    await raise_state(session, "23514")


async def test_the_sequencer_is_woken_after_the_commit_and_only_then(db: Database) -> None:
    woken: list[str] = []
    db.wake = lambda: woken.append("woken")
    async with db.transaction() as session:
        session.info[EVENTS_APPENDED] = True
        assert woken == []
    assert woken == ["woken"]
    with pytest.raises(DBAPIError):
        await db.run(append_and_fail)
    async with db.transaction():
        pass
    assert woken == ["woken"]


async def test_aggregates_know_when_they_were_recorded_and_changed(db: Database) -> None:
    async with db.transaction() as session:
        note = Note(title="a")
        session.add(note)
        await session.flush()
        assert (note.id.version, note.version) == (7, 0)
        created, updated = note.created_at, note.updated_at
        note.title = "b"
        await session.flush()
        assert note.created_at == created
        assert note.updated_at > updated


def test_constraints_and_indexes_have_names() -> None:
    names = {str(constraint.name) for table in Base.metadata.sorted_tables for constraint in table.constraints}
    assert names == {"pk_note", "uq_note_title", "pk_tag", "fk_tag_note_id"}


async def test_errors_do_not_quote_parameters(db: Database) -> None:
    with pytest.raises(DBAPIError) as error:
        async with db.transaction() as session:
            await session.execute(text("SELECT 1 / CAST(:x AS int), CAST(:name AS text)"), {"x": 0, "name": "张三"})
    assert "张三" not in str(error.value)
