"""The leader's loop over operations: takes up what is running, also what a killed process left, one after the other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database
from shared.events.failures import is_transient
from shared.logging import get_logger
from shared.operations.asking import signal_of
from shared.operations.models import CountedOperationRow, OperationRow
from shared.runtime import Runtime

O = TypeVar("O", bound=OperationRow)  # noqa: E741  # an operation

CarryOut = Callable[[Runtime, UUID], Awaitable[None]]

MAX_DEATHS: Final = 3
"""Processes that may die of one operation; the next one ends it as failed."""

log = get_logger(__name__)
_taken_up: Final[WeakKeyDictionary[Database, set[UUID]]] = WeakKeyDictionary()


class DiedTooOften(Exception):
    """Every process that took the operation up died of it."""


class OverTaken(Exception):
    """The operation was finished by another worker, or what it works on has moved on."""


@dataclass(frozen=True, slots=True)
class Work(Generic[O]):
    """A service's long work. `by_kind` carries an operation out to its end, in as many transactions as it likes;
    `give_up` undoes what only waited for it, in the transaction that marks it as failed."""

    model: type[O]
    by_kind: Mapping[str, CarryOut]
    give_up: Callable[[AsyncSession, O], Awaitable[None]]


async def work_for_ever(runtime: Runtime, work: Work[O], pause: float) -> None:
    """Carry out operations in the elected process; woken by this process's requests, else every `pause` seconds."""
    signal = signal_of(runtime.db)
    while True:
        signal.clear()
        await run_waiting(runtime, work)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(signal.wait(), pause)


async def run_waiting(runtime: Runtime, work: Work[O]) -> int:
    """Finish every operation that is running; returns how many there were.

    What has to wait (the database, an edition that is not loaded here) keeps its own operation waiting and no other;
    the first such error is raised at the end, for the caller to wait out. What was done is committed and counted.
    """
    async with runtime.db.transaction() as session:
        query = select(work.model.id, work.model.kind).where(work.model.status == "running").order_by(work.model.id)
        waiting = (await session.execute(query)).all()
    errors: list[Exception] = []
    for row in waiting:
        try:
            await _carry_out(runtime, work, row.kind, row.id)
        except Exception as error:
            log.warning("operation-waits", operation_id=str(row.id), error=type(error).__name__)
            errors.append(error)
    if errors:
        raise errors[0]
    return len(waiting)


async def hold(session: AsyncSession, model: type[O], operation_id: UUID) -> O:
    """The operation, locked: two workers on one operation take turns. Raises OverTaken unless it is still running."""
    query = select(model).where(model.id == operation_id).with_for_update().execution_options(populate_existing=True)
    operation = (await session.scalars(query)).one()
    if operation.status != "running":
        raise OverTaken
    return operation


async def _carry_out(runtime: Runtime, work: Work[O], kind: str, operation_id: UUID) -> None:
    """One operation to its end. A fault that would come again ends it as failed: the next one must not wait for it."""
    try:
        with contextlib.suppress(OverTaken):
            async with _counted(runtime.db, work.model, operation_id):
                await work.by_kind[kind](runtime, operation_id)
    except Exception as error:
        if is_transient(error):
            raise
        log.exception("operation-failed", operation_id=str(operation_id))

        async def fail(session: AsyncSession) -> None:
            operation = await hold(session, work.model, operation_id)
            await work.give_up(session, operation)
            operation.finish(failed=True)

        with contextlib.suppress(OverTaken):
            await runtime.db.run(fail)


@contextlib.asynccontextmanager
async def _counted(db: Database, model: type[O], operation_id: UUID) -> AsyncIterator[None]:
    """Count this process before it begins, once however often it has to wait. A process that is stopped in order does
    not count. Raises DiedTooOften."""
    taken_up = _taken_up.setdefault(db, set())
    if not issubclass(model, CountedOperationRow):
        yield
        return
    if operation_id not in taken_up:
        async with db.transaction() as session:
            attempts = await _count(session, model, operation_id, 1)
        if attempts > MAX_DEATHS:
            raise DiedTooOften
        taken_up.add(operation_id)
    try:
        yield
    except asyncio.CancelledError:
        with contextlib.suppress(Exception):
            async with db.transaction() as session:
                await _count(session, model, operation_id, -1)
            taken_up.discard(operation_id)
        raise
    taken_up.discard(operation_id)


async def _count(session: AsyncSession, model: type[CountedOperationRow], operation_id: UUID, by: int) -> int:
    """How often it has been taken up with this one. Raises OverTaken where it is over."""
    counted = update(model).where(model.id == operation_id, model.status == "running")
    attempts = await session.scalar(counted.values(attempts=model.attempts + by).returning(model.attempts))
    if attempts is None:
        raise OverTaken
    return int(attempts)
