"""Tables of yearly self-reports, and of every version handed in."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.base import Base
from shared.db import Aggregate
from shared.ids import uuid7


class SelfReport(Aggregate, Base):
    """A centre's own word on its year, a statement for each dimension; late by its first submission."""

    __tablename__ = "self_report"
    __table_args__ = (
        UniqueConstraint("no", name="uq_self_report_no"),
        UniqueConstraint("evaluation_id", name="uq_self_report_evaluation_id"),
        CheckConstraint("status IN ('draft', 'submitted', 'returned')", name="status_known"),
        CheckConstraint("(status = 'draft') = (revision = 0)", name="draft_before_first_version"),
        CheckConstraint("(revision = 0) = (first_submitted_on IS NULL)", name="submitted_with_date"),
        CheckConstraint("status <> 'returned' OR returned_by IS NOT NULL", name="returned_by_somebody"),
        CheckConstraint("returned_by <> submitted_by", name="four_eyes"),
        Index("ix_self_report_cycle_id", "cycle_id"),
    )

    no: Mapped[str]
    cycle_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation_cycle.id"))
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    centre_id: Mapped[UUID]
    status: Mapped[str] = mapped_column(default="draft")
    statements: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    revision: Mapped[int] = mapped_column(SmallInteger, default=0)
    late: Mapped[bool] = mapped_column(default=False)
    first_submitted_on: Mapped[date | None]
    submitted_on: Mapped[date | None]
    submitted_by: Mapped[str | None]
    returned_on: Mapped[date | None]
    returned_by: Mapped[str | None]
    return_reason: Mapped[str | None]
    return_comment: Mapped[str | None]


class SelfReportRevision(Base):
    """A self-report as it was handed in, with the evidence then in force by indicator."""

    __tablename__ = "self_report_revision"
    __table_args__ = (UniqueConstraint("self_report_id", "revision", name="uq_self_report_revision_self_report_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    self_report_id: Mapped[UUID] = mapped_column(ForeignKey("self_report.id"))
    revision: Mapped[int] = mapped_column(SmallInteger)
    statements: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    evidence: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    submitted_on: Mapped[date]
    submitted_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
