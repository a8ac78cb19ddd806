"""The tables of rectification orders and of what was done about them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.base import Base
from services.evaluation.rectifications.rules import STATUSES
from shared.db import Aggregate
from shared.ids import uuid7

_STATES = ", ".join(f"'{status}'" for status in STATUSES)


class Rectification(Aggregate, Base):
    """A failed centre's order to put things right."""

    __tablename__ = "rectification"
    __table_args__ = (
        UniqueConstraint("no", name="uq_rectification_no"),
        UniqueConstraint("evaluation_id", name="uq_rectification_evaluation_id"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("due_on > ordered_on", name="due_after_order"),
        CheckConstraint("status = 'ordered' OR submitted_by IS NOT NULL", name="submitted_by_somebody"),
        CheckConstraint("(status = 'accepted') = (accepted_on IS NOT NULL)", name="accepted_with_date"),
        CheckConstraint("decided_by <> submitted_by", name="four_eyes"),
        Index("ix_rectification_centre_id", "centre_id"),
        Index("ix_rectification_due_on", "due_on", postgresql_where=text("status <> 'accepted'")),
    )

    no: Mapped[str]
    centre_id: Mapped[UUID]
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    edition: Mapped[str]
    status: Mapped[str] = mapped_column(default="ordered")
    ordered_on: Mapped[date]
    due_on: Mapped[date]
    submitted_on: Mapped[date | None]
    submitted_by: Mapped[str | None]
    accepted_on: Mapped[date | None]
    decided_by: Mapped[str | None]


class RectificationStep(Base):
    """Evidence handed in, or what was decided about it; never changed."""

    __tablename__ = "rectification_step"
    __table_args__ = (
        CheckConstraint("step IN ('submitted', 'rejected', 'accepted')", name="step_known"),
        Index("ix_rectification_step_rectification_id_id", "rectification_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    rectification_id: Mapped[UUID] = mapped_column(ForeignKey("rectification.id"))
    step: Mapped[str]
    taken_on: Mapped[date]
    actor: Mapped[str]
    details: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
