"""PostgreSQL through SQLAlchemy and asyncpg: naming, column types, transactions and their retry.

Use cases get a session and never commit. A request's transaction is opened and committed by
``shared.http.route.ServiceRoute``; workers use ``Database.transaction`` or, where they may meet deadlocks,
``Database.run``.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Final, TypeVar
from uuid import UUID

from fastapi import Depends
from sqlalchemy import URL, Date, DateTime, Integer, MetaData, Numeric, Text, Uuid, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.pool import QueuePool
from starlette.requests import Request

from shared.ids import uuid7

T = TypeVar("T")

MoneyColumn: Final = Numeric(18, 2)
InstantColumn: Final = DateTime(timezone=True)

TYPE_MAP: Final = {
    str: Text(),
    int: Integer(),
    Decimal: MoneyColumn,
    date: Date(),
    datetime: InstantColumn,
    UUID: Uuid(),
}
"""For ``class Base(DeclarativeBase): type_annotation_map = TYPE_MAP``: one column type per Python type."""

MAX_TRIES: Final = 5
RETRIED_SQLSTATES: Final = frozenset({"40001", "40P01"})
EVENTS_APPENDED: Final = "events_appended"
"""Key in ``session.info``: the transaction wrote events, so the sequencer has work once it is committed."""

_NAMING = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


def new_metadata() -> MetaData:
    """Metadata whose constraints and indexes all have names, so that migrations can address them."""
    return MetaData(naming_convention=_NAMING)


def _nobody() -> None:
    """Nobody to wake: the sequencer of another process polls."""


def _now() -> datetime:
    return datetime.now(UTC)


class Aggregate:
    """What every aggregate root has: its id, its version (raised by each event) and when it was recorded."""

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    version: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(InstantColumn, default=_now, server_default=text("now()"))
    updated_at: Mapped[datetime] = mapped_column(
        InstantColumn, default=_now, onupdate=_now, server_default=text("now()")
    )


def sqlstate_of(error: BaseException) -> str | None:
    """The SQLSTATE of a database error, also when wrapped by SQLAlchemy; None for any other error."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(origin, "sqlstate", None)
    return state if isinstance(state, str) else None


def constraint_of(error: BaseException) -> str | None:
    """The name of the constraint a database error was raised by."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    cause = getattr(origin, "__cause__", None)
    name = getattr(origin, "constraint_name", None) or getattr(cause, "constraint_name", None)
    return name if isinstance(name, str) else None


class Database:
    """One service's own database: engine, sessions and transactions."""

    def __init__(
        self,
        url: str | URL,
        *,
        pool_size: int = 10,
        pool_timeout: float = 5.0,
        statement_timeout: float = 30.0,
        application_name: str = "mengchuang",
    ) -> None:
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=pool_timeout,
            pool_pre_ping=False,
            pool_use_lifo=True,
            hide_parameters=True,
            json_serializer=partial(json.dumps, ensure_ascii=False, separators=(",", ":")),
            connect_args={
                "timeout": pool_timeout,
                "server_settings": {
                    "application_name": application_name,
                    "timezone": "UTC",
                    "jit": "off",
                    "statement_timeout": f"{int(statement_timeout * 1000)}ms",
                    "idle_in_transaction_session_timeout": "60s",
                },
            },
        )
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self.wake: Callable[[], None] = _nobody
        """Called after each commit that wrote events; the event runtime puts its own here."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose transaction commits at the end and rolls back on any exception.

        It connects at the first statement. A commit that wrote events wakes the sequencer.
        """
        async with self.sessions.begin() as session:
            yield session
        if session.info.pop(EVENTS_APPENDED, False):
            self.wake()

    async def run(self, fn: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Run ``fn`` in a transaction of its own, again from the start if it was serialised away."""

        async def attempt() -> T:
            async with self.transaction() as session:
                return await fn(session)

        return await retry(attempt)

    def connections_in_use(self) -> int:
        """Connections checked out of the pool at this moment."""
        pool = self.engine.pool
        return pool.checkedout() if isinstance(pool, QueuePool) else 0

    async def close(self) -> None:
        """Close all connections; the last thing a process does with it."""
        await self.engine.dispose()


async def retry(attempt: Callable[[], Awaitable[T]], *, tries: int = MAX_TRIES) -> T:
    """Repeat a whole transaction on serialisation failure or deadlock (SQLSTATE 40001, 40P01).

    Waits 5 to 10 ms before the second try, doubling up to the fifth; any other error, and the last, is raised.
    """
    for number in range(1, tries):
        try:
            return await attempt()
        except DBAPIError as error:
            if sqlstate_of(error) not in RETRIED_SQLSTATES:
                raise
            jitter = random.uniform(1, 2)  # noqa: S311  # spreads tries out, protects nothing
            await asyncio.sleep(0.005 * 2 ** (number - 1) * jitter)
    return await attempt()


async def get_session(request: Request) -> AsyncSession:
    """The session of the transaction that ``ServiceRoute`` opened for this request."""
    session: AsyncSession = request.state.session
    return session


Session = Annotated[AsyncSession, Depends(get_session, scope="function")]
