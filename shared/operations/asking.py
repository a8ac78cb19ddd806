"""Asking for long work: it is written down in the transaction that asks."""

from __future__ import annotations

import asyncio
from typing import Final, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from shared.db import Database
from shared.operations.models import OperationRow

O = TypeVar("O", bound=OperationRow)  # noqa: E741  # an operation

_signals: Final[WeakKeyDictionary[Database, asyncio.Event]] = WeakKeyDictionary()


def signal_of(db: Database) -> asyncio.Event:
    """Set when an operation was committed by this process; the leader looks by itself for those of other processes."""
    return _signals.setdefault(db, asyncio.Event())


async def ask(session: AsyncSession, db: Database, operation: O) -> O:
    """Write an operation down; the worker of this process is woken when the transaction has committed."""
    session.add(operation)
    await session.flush()
    signal = signal_of(db)

    def wake(_: Session) -> None:
        signal.set()

    event.listen(session.sync_session, "after_commit", wake, once=True)
    return operation


def address_of(service: str, operation_id: UUID) -> str:
    """Where the operation's progress is read."""
    return f"/v1/operations/{service}-{operation_id}"
