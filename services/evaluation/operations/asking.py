"""Asking for work on a cycle: it is written down with the request and done by whoever leads."""

from __future__ import annotations

import asyncio
from typing import Final, Literal
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from services.evaluation.operations.models import Operation
from shared.db import Database
from shared.events.outbox import EventContext

_signals: Final[WeakKeyDictionary[Database, asyncio.Event]] = WeakKeyDictionary()


def signal_of(db: Database) -> asyncio.Event:
    """Set when an operation was committed by this process; the leader looks by itself for those of other processes."""
    return _signals.setdefault(db, asyncio.Event())


async def ask(
    session: AsyncSession,
    db: Database,
    kind: Literal["score", "publish"],
    cycle_id: UUID,
    total: int,
    context: EventContext,
) -> Operation:
    """Write an operation down; the worker of this process is woken when the transaction has committed."""
    operation = Operation(
        kind=kind,
        cycle_id=cycle_id,
        status="running",
        done=0,
        total=total,
        actor=context.actor,
        effective_on=context.effective_on,
        correlation_id=context.correlation_id,
        simulated=context.simulated,
    )
    session.add(operation)
    await session.flush()
    signal = signal_of(db)

    def wake(_: Session) -> None:
        signal.set()

    event.listen(session.sync_session, "after_commit", wake, once=True)
    return operation


def address_of(operation_id: UUID) -> str:
    """Where the operation's progress is read."""
    return f"/v1/operations/evaluation-{operation_id}"
