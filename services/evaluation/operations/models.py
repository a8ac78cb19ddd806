"""The tables of operations and of what they could not do."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.base import Base
from shared.ids import uuid7


class Operation(Base):
    """Work on a whole cycle, done in many small transactions that each count what they did, so that it resumes where it
    stopped. It keeps who asked for it and for which day."""

    __tablename__ = "operation"
    __table_args__ = (
        CheckConstraint("kind IN ('score', 'publish')", name="kind_known"),
        CheckConstraint("status IN ('running', 'done')", name="status_known"),
        CheckConstraint("done BETWEEN 0 AND total", name="done_within_total"),
        CheckConstraint("(status = 'running') = (finished_at IS NULL)", name="finished_with_time"),
        Index("uq_operation_running", "cycle_id", unique=True, postgresql_where=text("status = 'running'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[str]
    cycle_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation_cycle.id"))
    status: Mapped[str] = mapped_column(default="running")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int]
    result: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    actor: Mapped[str]
    effective_on: Mapped[date]
    correlation_id: Mapped[str]
    simulated: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    finished_at: Mapped[datetime | None]


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
