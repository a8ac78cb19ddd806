"""Reading an operation and what it left out."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.operations.models import Operation, OperationIssue
from services.evaluation.operations.schemas import OperationOut, OperationProblem
from services.evaluation.reports.models import ReportTable
from services.evaluation.rubrics.models import Rehearsal
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.messages import Language, Messages
from shared.operations.models import OperationRow

SERVICE: Final = "evaluation"
MESSAGES: Final = Path(__file__).parent.parent / "messages.toml"


@cache
def _messages() -> Messages:
    return Messages.load(MESSAGES)


async def show_operation(session: AsyncSession, _: Principal, operation_id: UUID, language: Language) -> OperationOut:
    """The operation as it stands. Raises 404."""
    operation = await session.get(Operation, operation_id, populate_existing=True)
    if operation is None:
        models: tuple[type[OperationRow], ...] = (Rehearsal, ReportTable)
        for model in models:
            other = await session.get(model, operation_id, populate_existing=True)
            if other is not None:
                return OperationOut.of(SERVICE, other, [])
        raise not_found("operation")
    query = select(OperationIssue).where(OperationIssue.operation_id == operation_id)
    issues = await session.scalars(query.order_by(OperationIssue.recorded_at, OperationIssue.evaluation_id))
    return OperationOut.of(SERVICE, operation, [OperationProblem.of(issue, _messages(), language) for issue in issues])
