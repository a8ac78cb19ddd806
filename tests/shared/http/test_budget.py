"""Budgets: how long whoever asked still waits, and what is not begun, ended or cut because of it."""

import asyncio
import contextvars
import time
from collections.abc import Awaitable, Callable

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from shared import budget
from shared.db import Database
from shared.errors import DomainError


@pytest.fixture(autouse=True)
def nobody_waits() -> None:
    budget.enter(None)


@pytest.mark.parametrize("sent", [None, "", "-1", "1.5", "1e3", "12345678", "soon", "１００"])
def test_without_a_number_there_is_no_end(sent: str | None) -> None:
    budget.enter(sent)
    assert budget.left() is None
    assert budget.within(30) == 30


def test_a_question_to_another_service_is_cut_to_what_is_left() -> None:
    budget.enter("500")
    assert 0.4 < budget.within(2) <= 0.5
    assert budget.within(0.1) == 0.1


def test_nothing_is_begun_that_cannot_be_finished() -> None:
    budget.enter("1")
    with pytest.raises(DomainError) as refusal:
        budget.within(2)
    assert (refusal.value.code, refusal.value.status) == ("out-of-time", 503)
    assert refusal.value.headers["Retry-After"] == "1"


async def test_what_takes_longer_is_given_up() -> None:
    budget.enter("50")
    began = time.monotonic()
    with pytest.raises(DomainError, match="out-of-time"):
        async with budget.kept():
            await asyncio.sleep(5)
    assert time.monotonic() - began < 4
    with pytest.raises(DomainError, match="out-of-time"):
        async with budget.kept():
            raise AssertionError("was begun")


async def test_another_timeout_stays_what_it_is() -> None:
    budget.enter("5000")
    with pytest.raises(TimeoutError):
        async with budget.kept():
            raise TimeoutError


async def test_each_request_has_its_own() -> None:
    async def one(sent: str | None) -> float | None:
        budget.enter(sent)
        await asyncio.sleep(0.01)
        return budget.left()

    async with asyncio.TaskGroup() as group:
        long = group.create_task(one("60000"), context=contextvars.Context())
        none = group.create_task(one(None), context=contextvars.Context())
    assert long.result() is not None
    assert none.result() is None


async def test_a_database_that_takes_longer_than_the_caller_waits_is_left_and_nothing_stays(
    officer: AsyncClient, db: Database, titles: Callable[[], Awaitable[list[str]]]
) -> None:
    """Half a second of work on a real database for somebody who waits a tenth, and then for one who waits."""
    began = time.monotonic()
    given_up = await officer.post("/v1/notes/slow", headers={budget.HEADER: "100"})
    assert time.monotonic() - began < 0.45
    assert (given_up.status_code, given_up.json()["code"]) == (503, "out-of-time")
    assert given_up.headers["retry-after"] == "1"
    begun = await officer.post("/v1/notes", json={"title": "late"}, headers={budget.HEADER: "1"})
    assert begun.status_code == 503
    assert await titles() == []
    async with db.transaction() as session:
        running = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT pg_sl%'"
        )
        busy = await session.scalar(text(f"{running} AND state <> 'idle'"))
    assert busy == 0, "the server stopped working on it too"
    assert (await officer.post("/v1/notes/slow", headers={budget.HEADER: "5000"})).status_code == 200
