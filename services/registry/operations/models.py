"""The tables of the registry's operations and of what they found wrong."""

from __future__ import annotations

from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from shared.operations.models import CountedOperationRow, operation_checks


class Operation(CountedOperationRow, Base):
    """Work on a whole file. `task` says what to do, `caller` in whose name: the rights of the moment it was asked."""

    __tablename__ = "operation"
    __table_args__ = (
        *operation_checks("import"),
        Index("ix_operation_running", "id", postgresql_where=text("status = 'running'")),
    )

    task: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    caller: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)


class OperationProblem(Base):
    """What is wrong with one cell or row of the file. `of_field`: the code is a fault of one field, else a refusal."""

    __tablename__ = "operation_problem"
    __table_args__ = (PrimaryKeyConstraint("operation_id", "position", name="pk_operation_problem"),)

    operation_id: Mapped[UUID] = mapped_column(ForeignKey("operation.id"))
    position: Mapped[int]
    sheet: Mapped[str]
    row: Mapped[int]
    column: Mapped[str | None]
    value: Mapped[str | None]
    code: Mapped[str]
    of_field: Mapped[bool]
    params: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
