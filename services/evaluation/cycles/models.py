"""The table of evaluation cycles."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.base import Base
from services.evaluation.cycles.rules import STATUSES
from shared.db import Aggregate

_STATES = ", ".join(f"'{status}'" for status in STATUSES)


class EvaluationCycle(Aggregate, Base):
    """A year's evaluation of all listed centres, pinned to the edition of the year's last day."""

    __tablename__ = "evaluation_cycle"
    __table_args__ = (
        UniqueConstraint("year", name="uq_evaluation_cycle_year"),
        UniqueConstraint("document_no", name="uq_evaluation_cycle_document_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("(announced_on IS NULL) = (notice_until IS NULL)", name="notice_with_end"),
        CheckConstraint("approved_on > notice_until", name="approved_after_notice"),
        CheckConstraint("published_on > notice_until", name="published_after_notice"),
        CheckConstraint("published_on IS NULL OR num_nulls(approved_by, countersigned_by) = 0", name="both_bureaus"),
        CheckConstraint("(published_on IS NULL) = (document_no IS NULL)", name="published_with_document"),
        CheckConstraint(
            "approved_by <> scored_by AND countersigned_by <> scored_by AND published_by <> scored_by",
            name="four_eyes",
        ),
        CheckConstraint(
            "approved_by <> announced_by AND countersigned_by <> announced_by", name="approver_not_announcer"
        ),
        CheckConstraint("countersigned_by <> approved_by", name="countersigned_by_another"),
        CheckConstraint("countersigned_bureau <> approved_bureau", name="countersigned_by_other_bureau"),
    )

    year: Mapped[int] = mapped_column(SmallInteger)
    edition: Mapped[str]
    rubric_id: Mapped[UUID | None] = mapped_column(ForeignKey("rubric_edition.id"))
    """What centres are evaluated by; NULL for the rubric of the policy edition's file."""
    marks: Mapped[int] = mapped_column(SmallInteger, default=1, server_default=text("1"))
    """How many experts mark an indicator blind, of the edition as the year was opened; 1 for a single entry."""
    status: Mapped[str] = mapped_column(default="open")
    self_report_due_on: Mapped[date | None]
    marking_due_on: Mapped[date | None]
    objections_until: Mapped[date | None]
    """Only where it was extended; else it follows from the announcement."""
    opened_on: Mapped[date]
    opened_by: Mapped[str]
    operation_id: Mapped[UUID | None]
    """The operation that scores or publishes, or did so last."""
    scored_on: Mapped[date | None]
    scored_by: Mapped[str | None]
    announced_on: Mapped[date | None]
    announced_by: Mapped[str | None]
    notice_until: Mapped[date | None]
    approved_on: Mapped[date | None]
    approved_by: Mapped[str | None]
    approved_bureau: Mapped[str | None]
    countersigned_on: Mapped[date | None]
    countersigned_by: Mapped[str | None]
    countersigned_bureau: Mapped[str | None]
    document_no: Mapped[str | None]
    continuation_basis: Mapped[str | None]
    published_on: Mapped[date | None]
    published_by: Mapped[str | None]
