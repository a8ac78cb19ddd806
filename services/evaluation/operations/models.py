"""The tables of operations and of what they could not do."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.base import Base
from shared.operations.models import OperationRow, operation_checks


class Operation(OperationRow, Base):
    """Work on a whole cycle, done in many small transactions that each count what they did, so that it resumes where it
    stopped."""

    __tablename__ = "operation"
    __table_args__ = (
        *operation_checks("score", "publish"),
        Index("uq_operation_running", "cycle_id", unique=True, postgresql_where=text("status = 'running'")),
    )

    cycle_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation_cycle.id"))


class OperationIssue(Base):
    """Why one evaluation was left out; the others go on."""

    __tablename__ = "operation_issue"
    __table_args__ = (PrimaryKeyConstraint("operation_id", "evaluation_id", name="pk_operation_issue"),)

    operation_id: Mapped[UUID] = mapped_column(ForeignKey("operation.id"))
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    centre_id: Mapped[UUID]
    code: Mapped[str]
    params: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
