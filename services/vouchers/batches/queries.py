"""Batches and their rows for issuers, the city's bureaus and the auditor."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, false, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import division_of, reads_all
from services.vouchers.batches.columns import messages
from services.vouchers.batches.models import Batch, BatchRow
from services.vouchers.batches.schemas import BatchFilter, BatchRowFilter, BatchRowOut
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.messages import Language


def visible_to(principal: Principal) -> ColumnElement[bool]:
    """Issuers see their own, the city's bureaus and the auditor all."""
    if reads_all(principal):
        return true()
    division = division_of(principal)
    return Batch.issuer_division == division if division is not None else false()


def conditions(wanted: BatchFilter) -> list[ColumnElement[bool]]:
    """The list's filters as SQL."""
    sent = wanted.model_dump(include={"no", "issuer_division", "status"}, exclude_none=True)
    return [getattr(Batch, name) == value for name, value in sent.items()]


def row_conditions(batch: Batch, wanted: BatchRowFilter) -> list[ColumnElement[bool]]:
    """The rows of a batch, by state."""
    found: list[ColumnElement[bool]] = [BatchRow.batch_id == batch.id]
    if wanted.status is not None:
        found.append(BatchRow.status == wanted.status)
    return found


def shown_row(row: BatchRow, language: Language) -> BatchRowOut:
    """A row with the text of its refusal."""
    message = None if row.code is None else messages().text(row.code, language, row.params or {}).title
    names = BatchRowOut.model_fields.keys() - {"message"}
    return BatchRowOut.model_validate({**{name: getattr(row, name) for name in names}, "message": message})


async def find(session: AsyncSession, principal: Principal, batch_id: UUID) -> Batch:
    """One batch that the caller may see. Raises 404."""
    query = select(Batch).where(Batch.id == batch_id, visible_to(principal))
    batch = (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()
    if batch is None:
        raise not_found("voucher_batch")
    return batch


async def lock_own(session: AsyncSession, division: str, batch_id: UUID) -> Batch:
    """A batch of the caller's division, locked. Raises 404."""
    query = select(Batch).where(Batch.id == batch_id, Batch.issuer_division == division).with_for_update()
    batch = (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()
    if batch is None:
        raise not_found("voucher_batch")
    return batch
