"""Issuing an approved batch behind its request: a row, a transaction, so that a killed process loses nothing and does
nothing twice, and single issues are never kept waiting for a whole file."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.batches.models import (
    INTERRUPTED,
    ISSUED,
    ROW_ISSUED,
    ROW_PENDING,
    ROW_REFUSED,
    Batch,
    BatchRow,
)
from services.vouchers.batches.usecases import record
from services.vouchers.operations.models import ISSUE_BATCH, Operation
from services.vouchers.settings import OperationSettings
from services.vouchers.vouchers.issuing import Issue, issue
from shared.clock import business_today
from shared.errors import DomainError
from shared.events.contracts import vouchers as vc
from shared.events.failures import is_transient
from shared.logging import get_logger
from shared.operations.worker import OverTaken, Work, hold, run_waiting as run_work, work_for_ever
from shared.policy.edition import Editions, PolicyNotInForce
from shared.runtime import Runtime

LOOKED_UP_AT_ONCE: Final = 200
TRIES: Final = 5
_PASSING: Final = ("ceiling-in-use", "reference-not-yet-known")
"""Refusals of the moment, not of the row."""

log = get_logger(__name__)


async def work_operations(runtime: Runtime) -> None:
    """Carry out operations for ever, in the elected process."""
    await work_for_ever(runtime, WORK, OperationSettings().operations_poll_seconds)


async def run_waiting(runtime: Runtime) -> int:
    """Finish every operation that is running; returns how many there were."""
    return await run_work(runtime, WORK)


async def _issue_all(runtime: Runtime, operation_id: UUID) -> None:
    while True:
        async with runtime.db.transaction() as session:
            waiting = await _waiting(session, operation_id)
        if not waiting:
            break
        for position in waiting:
            await _issue_or_note(runtime, operation_id, position)
    await runtime.db.run(lambda session: _finish(session, operation_id))


async def _waiting(session: AsyncSession, operation_id: UUID) -> list[int]:
    query = (
        select(BatchRow.position)
        .join(Operation, Operation.batch_id == BatchRow.batch_id)
        .where(Operation.id == operation_id, BatchRow.status == ROW_PENDING)
        .order_by(BatchRow.position)
        .limit(LOOKED_UP_AT_ONCE)
    )
    return list(await session.scalars(query))


async def _issue_or_note(runtime: Runtime, operation_id: UUID, position: int) -> None:
    """One row. One that is refused, or fails in a way that will not pass, is noted: the others must not wait for it."""
    refused = DomainError("internal-error", 500)
    for attempt in range(1, TRIES + 1):
        try:
            await runtime.db.run(lambda session: _issue_row(session, runtime.editions, operation_id, position))
            return
        except OverTaken:
            raise
        except (DomainError, PolicyNotInForce) as error:
            refused = error if isinstance(error, DomainError) else DomainError("policy-not-in-force", 409)
            if refused.code not in _PASSING:
                break
            await asyncio.sleep(0.1 * attempt)
        except Exception as error:
            if is_transient(error):
                raise
            log.exception("batch-row-failed", operation_id=str(operation_id), position=position)
            break
    await runtime.db.run(lambda session: _note(session, operation_id, position, refused))


async def _issue_row(session: AsyncSession, editions: Editions, operation_id: UUID, position: int) -> None:
    operation, batch, row = await _locked(session, operation_id, position)
    context = operation.context
    wanted = Issue(
        issuer_division=batch.issuer_division,
        programme_id=row.programme_id,
        enterprise_id=row.enterprise_id,
        face_value=row.face_value,
        category=row.category,
        today=context.effective_on if operation.simulated else max(context.effective_on, business_today()),
        context=context,
        batch_id=batch.id,
    )
    voucher = await issue(session, editions, wanted)
    row.status, row.voucher_id = ROW_ISSUED, voucher.id
    batch.issued_count += 1
    batch.issued_amount += voucher.face_value
    operation.done = min(operation.done + 1, operation.total)


async def _note(session: AsyncSession, operation_id: UUID, position: int, refused: DomainError) -> None:
    operation, batch, row = await _locked(session, operation_id, position)
    row.status, row.code, row.params = ROW_REFUSED, refused.code, _plain(refused.params)
    row.decision = None if refused.decision is None else refused.decision.to_json()
    batch.refused_count += 1
    operation.done = min(operation.done + 1, operation.total)


async def _locked(session: AsyncSession, operation_id: UUID, position: int) -> tuple[Operation, Batch, BatchRow]:
    """The operation, its batch, and the row as long as it waits. Raises OverTaken where another worker has it."""
    operation = await hold(session, Operation, operation_id)
    batch = await session.get_one(Batch, operation.batch_id, with_for_update=True, populate_existing=True)
    query = select(BatchRow).where(
        BatchRow.batch_id == batch.id, BatchRow.position == position, BatchRow.status == ROW_PENDING
    )
    row = (await session.scalars(query.with_for_update().execution_options(populate_existing=True))).one_or_none()
    if row is None:
        raise OverTaken
    return operation, batch, row


async def _finish(session: AsyncSession, operation_id: UUID) -> None:
    operation = await hold(session, Operation, operation_id)
    batch = await session.get_one(Batch, operation.batch_id, with_for_update=True, populate_existing=True)
    left = select(func.count()).where(BatchRow.batch_id == batch.id, BatchRow.status == ROW_PENDING)
    if (await session.execute(left)).scalar_one():
        raise OverTaken
    batch.status = ISSUED
    await record(session, vc.BatchIssued, batch, operation.context)
    operation.finish(
        {
            "batch_id": str(batch.id),
            "issued": batch.issued_count,
            "issued_amount": f"{batch.issued_amount:.2f}",
            "refused": batch.refused_count,
        }
    )


async def _give_up(session: AsyncSession, operation: Operation) -> None:
    """What was issued stands; approved again, the batch goes on with the rows that are left."""
    batch = await session.get_one(Batch, operation.batch_id, with_for_update=True, populate_existing=True)
    batch.status = INTERRUPTED
    await record(session, vc.BatchInterrupted, batch, operation.context)


def _plain(params: Mapping[str, object]) -> dict[str, JsonValue]:
    """Parameters as JSON has them; days and amounts as text."""
    return {
        name: value if isinstance(value, str | int | float | bool) or value is None else str(value)
        for name, value in params.items()
    }


WORK: Final = Work(Operation, {ISSUE_BATCH: _issue_all}, _give_up)
