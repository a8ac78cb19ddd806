"""The table of notices upward."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from shared.db import Aggregate


class UpwardNotice(Aggregate, Base):
    """A task out of a delisting: report one title or designation to whoever granted it."""

    __tablename__ = "upward_notice"
    __table_args__ = (
        UniqueConstraint("case_id", "subject_id", name="uq_upward_notice_case_subject"),
        CheckConstraint("status IN ('due', 'sent')", name="status_known"),
        CheckConstraint("subject_kind IN ('qualification', 'designation')", name="subject_kind_known"),
        CheckConstraint(
            "num_nulls(addressee, document_no, sent_on, sent_by) = CASE status WHEN 'sent' THEN 0 ELSE 4 END",
            name="sent_whole",
        ),
        CheckConstraint("sent_on >= due_from", name="sent_after_the_delisting"),
        Index("ix_upward_notice_centre_id", "centre_id", "id"),
        Index("ix_upward_notice_due", "id", postgresql_where=text("status = 'due'")),
    )

    case_id: Mapped[UUID]
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    level: Mapped[str]
    status: Mapped[str]
    due_from: Mapped[date]
    """The day of the delisting."""
    addressee: Mapped[str | None]
    document_no: Mapped[str | None]
    sent_on: Mapped[date | None]
    sent_by: Mapped[str | None]
