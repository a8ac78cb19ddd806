"""Remarks on cases."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from shared.clock import utcnow
from shared.ids import uuid7


class CaseRemark(Base):
    """What somebody wrote at a step of a centre, title or tenancy. Erasing sets the text to NULL; the event keeps the
    hash."""

    __tablename__ = "case_remark"
    __table_args__ = (
        CheckConstraint("text IS NULL OR length(text) BETWEEN 1 AND 2000", name="text_length"),
        Index("ix_case_remark_subject_id", "subject_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    subject_id: Mapped[UUID]
    step: Mapped[str]
    text: Mapped[str | None]
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str]
    written_by: Mapped[str]
    written_at: Mapped[datetime] = mapped_column(default=utcnow, server_default=func.now())
