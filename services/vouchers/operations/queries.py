"""Reading an operation and the rows that it refused."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.batches.columns import messages
from services.vouchers.batches.models import ROW_REFUSED, Batch, BatchRow
from services.vouchers.batches.queries import visible_to
from services.vouchers.batches.schemas import OperationOut
from services.vouchers.operations.models import Operation
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.files.problems import Problem, RowProblem
from shared.http.messages import Language

SERVICE: Final = "vouchers"
SHOWN_PROBLEMS: Final = 100


async def show_operation(
    session: AsyncSession, principal: Principal, operation_id: UUID, language: Language
) -> OperationOut:
    """The operation as it stands, for those who may see its batch. Raises 404."""
    mine = or_(Operation.actor == principal.account_id, visible_to(principal))
    query = select(Operation).join(Batch, Batch.id == Operation.batch_id).where(Operation.id == operation_id, mine)
    operation = (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()
    if operation is None:
        raise not_found("operation")
    refused = select(BatchRow).where(BatchRow.batch_id == operation.batch_id, BatchRow.status == ROW_REFUSED)
    rows = await session.scalars(refused.order_by(BatchRow.position).limit(SHOWN_PROBLEMS))
    return OperationOut.of(SERVICE, operation, [_problem(row, language) for row in rows])


def _problem(row: BatchRow, language: Language) -> RowProblem:
    assert row.code is not None, "a refused row has its code"
    found = Problem(row.sheet, row.row, None, row.enterprise_code, row.code, False, row.params or {})
    return RowProblem.of(found, {}, messages(), language)
