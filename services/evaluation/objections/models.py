"""The tables of objections; what people wrote lies apart, where it can be erased."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.base import Base
from services.evaluation.objections.rules import STATUSES
from shared.db import Aggregate

_STATES = ", ".join(f"'{status}'" for status in STATUSES)


class Objection(Aggregate, Base):
    """An objection against a preliminary result. An anonymous one is a lead (线索) and gets no reply."""

    __tablename__ = "objection"
    __table_args__ = (
        UniqueConstraint("no", name="uq_objection_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("(status = 'lead') = (NOT signed)", name="anonymous_is_lead"),
        CheckConstraint("(status IN ('upheld', 'rejected')) = (answered_by IS NOT NULL)", name="answered_by_somebody"),
        CheckConstraint("answered_by <> submitted_by", name="four_eyes"),
        Index("ix_objection_evaluation_id", "evaluation_id"),
        Index("ix_objection_unanswered", "cycle_id", postgresql_where=text("status = 'submitted'")),
    )

    no: Mapped[str]
    cycle_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation_cycle.id"))
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    centre_id: Mapped[UUID]
    status: Mapped[str]
    signed: Mapped[bool]
    reason: Mapped[str]
    indicators: Mapped[list[str]] = mapped_column(JSONB)
    document_no: Mapped[str | None]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    submitted_on: Mapped[date]
    submitted_by: Mapped[str]
    answered_on: Mapped[date | None]
    answered_by: Mapped[str | None]
    answer_document_no: Mapped[str | None]
    rescored: Mapped[bool] = mapped_column(default=False)
    sheet_before_id: Mapped[UUID | None]
    sheet_after_id: Mapped[UUID | None]
    """The score sheets before it was upheld, and the newest that was computed because of it."""


class ObjectionStatement(Base):
    """What the objector wrote."""

    __tablename__ = "objection_statement"

    objection_id: Mapped[UUID] = mapped_column(ForeignKey("objection.id"), primary_key=True)
    statement: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
