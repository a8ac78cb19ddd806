"""Asking for work on a cycle: it is written down with the request and done by whoever leads."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.operations.models import Operation
from shared.db import Database
from shared.events.outbox import EventContext
from shared.operations import asking


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
    return await asking.ask(session, db, operation)
