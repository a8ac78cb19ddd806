"""A batch's life: taken in from a file, approved by another person, or refused, or withdrawn (4.3-3)."""

from __future__ import annotations

import asyncio
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import own_division
from services.vouchers.batches.checking import Checked, check
from services.vouchers.batches.columns import read_rows
from services.vouchers.batches.models import (
    AWAITING,
    INTERRUPTED,
    ISSUING,
    REFUSED,
    ROW_PENDING,
    WITHDRAWN,
    Batch,
    BatchRow,
)
from services.vouchers.batches.queries import lock_own
from services.vouchers.operations.models import ISSUE_BATCH, Operation
from shared.auth.principal import Principal
from shared.db import constraint_of
from shared.errors import DomainError, four_eyes_required, invalid_transition
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.files.problems import ImportOptions
from shared.files.tables import open_table
from shared.http.etag import honour_match
from shared.http.uploads import Upload
from shared.ids import next_case_no
from shared.operations.asking import ask
from shared.policy.edition import Edition
from shared.runtime import Runtime

RULES = ("vouchers.batch", "vouchers.four_eyes")


async def take_in(
    session: AsyncSession, runtime: Runtime, principal: Principal, upload: Upload, options: ImportOptions
) -> tuple[Checked, Batch | None]:
    """Check the file and, if it is good and not a `dry_run`, keep its good rows for approval. Nothing is issued.

    Raises 413, 422 for a file that cannot be read, is no table of vouchers or has too many rows, 409
    `batch-file-already-taken`.
    """
    division = own_division(principal)
    edition = runtime.editions.require_in_force(principal.today)
    table = await asyncio.to_thread(open_table, upload.path, upload.name)
    rows = await asyncio.to_thread(read_rows, table)
    checked = await check(session, edition, division, rows, principal.today)
    keeps = not options.dry_run and bool(checked.good) and (options.partial or not checked.refused)
    return checked, await _keep(session, principal, edition, upload, checked) if keeps else None


async def approve(
    session: AsyncSession, runtime: Runtime, *, principal: Principal, batch_id: UUID, if_match: str | None
) -> tuple[Batch, Operation]:
    """Have its rows issued, today, by somebody who did not take it in; also one that stopped before its end, which goes
    on with the rows that are left. Raises 404, 409."""
    batch = await lock_own(session, own_division(principal), batch_id)
    honour_match(if_match, batch.version)
    if batch.status not in (AWAITING, INTERRUPTED):
        raise invalid_transition(batch.status, [AWAITING, INTERRUPTED])
    if batch.submitted_by == principal.account_id:
        raise four_eyes_required()
    if principal.today < batch.submitted_on:
        params = {"sent": principal.today, "earliest": batch.submitted_on}
        raise DomainError("date-before-earlier-step", 422, params=params)
    batch.status, batch.approved_by, batch.approved_on = ISSUING, principal.account_id, principal.today
    left = select(func.count()).where(BatchRow.batch_id == batch.id, BatchRow.status == ROW_PENDING)
    context = EventContext.of(principal)
    operation = Operation(
        kind=ISSUE_BATCH,
        batch_id=batch.id,
        status="running",
        done=0,
        total=(await session.execute(left)).scalar_one(),
        actor=context.actor,
        effective_on=context.effective_on,
        correlation_id=context.correlation_id,
        simulated=context.simulated,
    )
    await record(session, vc.BatchApproved, batch, context)
    return batch, await ask(session, runtime.db, operation)


async def refuse(
    session: AsyncSession, *, principal: Principal, batch_id: UUID, answer: str, if_match: str | None
) -> Batch:
    """Refuse it with a reason; its file may be corrected and taken in again. Raises 404, 409."""
    batch = await _lock_awaiting(session, principal, batch_id, if_match)
    if batch.submitted_by == principal.account_id:
        raise four_eyes_required()
    _end(batch, REFUSED, principal, answer)
    await record(session, vc.BatchRefused, batch, EventContext.of(principal))
    return batch


async def withdraw(session: AsyncSession, *, principal: Principal, batch_id: UUID, if_match: str | None) -> Batch:
    """An officer of the division gives it up before it is approved. Raises 404, 409."""
    batch = await _lock_awaiting(session, principal, batch_id, if_match)
    _end(batch, WITHDRAWN, principal, None)
    await record(session, vc.BatchWithdrawn, batch, EventContext.of(principal))
    return batch


async def record(
    session: AsyncSession, event_type: EventType[vc.BatchState], batch: Batch, context: EventContext
) -> None:
    """What happened to the batch."""
    data = vc.BatchState.model_validate(batch, from_attributes=True)
    await outbox.append(session, event_type, batch, data, context=context, rules=RULES, edition=batch.edition)


async def _keep(
    session: AsyncSession, principal: Principal, edition: Edition, upload: Upload, checked: Checked
) -> Batch:
    batch = Batch(
        issuer_division=own_division(principal),
        status=AWAITING,
        edition=edition.id,
        file_name=upload.name,
        file_sha256=upload.sha256.hex(),
        row_count=len(checked.good),
        amount=checked.amount,
        submitted_by=principal.account_id,
        submitted_on=principal.today,
    )
    await _require_new(session, batch)
    batch.no = await next_case_no(session, "VB", principal.today.year)
    session.add(batch)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "uq_voucher_batch_file":
            raise DomainError("batch-file-already-taken", 409, params={"no": ""}) from error
        raise
    rows = [
        {
            "batch_id": batch.id,
            "position": position,
            "sheet": good.row.sheet,
            "row": good.row.number,
            "programme_id": good.programme.id,
            "enterprise_id": good.enterprise_id,
            "enterprise_code": good.row.sent.enterprise_code,
            "category": good.row.sent.category,
            "face_value": good.row.sent.face_value,
            "status": ROW_PENDING,
        }
        for position, good in enumerate(checked.good, start=1)
    ]
    await session.execute(insert(BatchRow), rows)
    await record(session, vc.BatchSubmitted, batch, EventContext.of(principal))
    return batch


async def _require_new(session: AsyncSession, batch: Batch) -> None:
    """The same content is issued once; the index behind it decides where two arrive together."""
    same = select(Batch.no).where(
        Batch.issuer_division == batch.issuer_division,
        Batch.file_sha256 == batch.file_sha256,
        Batch.status.not_in((REFUSED, WITHDRAWN)),
    )
    no = await session.scalar(same.limit(1))
    if no is not None:
        raise DomainError("batch-file-already-taken", 409, params={"no": no})


async def _lock_awaiting(session: AsyncSession, principal: Principal, batch_id: UUID, if_match: str | None) -> Batch:
    batch = await lock_own(session, own_division(principal), batch_id)
    honour_match(if_match, batch.version)
    if batch.status != AWAITING:
        raise invalid_transition(batch.status, [AWAITING])
    return batch


def _end(batch: Batch, status: str, principal: Principal, answer: str | None) -> None:
    day = max(principal.today, batch.submitted_on)
    batch.status, batch.ended_by, batch.ended_on, batch.answer = status, principal.account_id, day, answer
