"""Reading an operation and its problems."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import READ_ALL
from services.registry.imports.kinds import KINDS
from services.registry.imports.schemas import OperationOut
from services.registry.operations.models import Operation, OperationProblem
from services.registry.policy import loaded_editions
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.files.columns import Column
from shared.files.problems import Problem, RowProblem
from shared.http.messages import Language, Messages

SHOWN_PROBLEMS: Final = 100
SERVICE: Final = "registry"


@cache
def messages() -> Messages:
    """The registry's texts."""
    return Messages.load(Path(__file__).parent.parent / "messages.toml")


def read_scope(principal: Principal) -> ColumnElement[bool]:
    """One's own work; the city's bureaus and the auditor see everybody's."""
    return true() if principal.has(*READ_ALL) else Operation.actor == principal.account_id


async def find_operation(session: AsyncSession, principal: Principal, operation_id: UUID) -> Operation:
    """The operation as it stands now. Raises 404."""
    query = select(Operation).where(Operation.id == operation_id, read_scope(principal))
    operation = await session.scalar(query.execution_options(populate_existing=True))
    if operation is None:
        raise not_found("operation")
    return operation


async def show_operation(
    session: AsyncSession, principal: Principal, operation_id: UUID, language: Language
) -> OperationOut:
    """The operation with its first problems. Raises 404."""
    operation = await find_operation(session, principal, operation_id)
    query = select(OperationProblem).where(OperationProblem.operation_id == operation_id)
    found = await session.scalars(query.order_by(OperationProblem.position).limit(SHOWN_PROBLEMS))
    show = shown_by(operation, language)
    return OperationOut.of(SERVICE, operation, [show(problem) for problem in found])


def shown_by(operation: Operation, language: Language) -> Callable[[OperationProblem], RowProblem]:
    """Shows problems of the operation in the caller's language."""
    columns = columns_by_field(str(operation.task["kind"]))

    def show(kept: OperationProblem) -> RowProblem:
        plain = Problem(kept.sheet, kept.row, kept.column, kept.value, kept.code, kept.of_field, kept.params)
        return RowProblem.of(plain, columns, messages(), language)

    return show


@cache
def columns_by_field(kind: str) -> dict[str, Column]:
    """Titles and remedies of a kind's columns; they do not differ between editions, only their words do."""
    edition = next(iter(loaded_editions()))
    return {column.field: column for column in KINDS[kind].columns(edition)}
