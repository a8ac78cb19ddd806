"""The table of evidence."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.base import Base
from shared.ids import uuid7


class Evidence(Base):
    """A document that a centre gives for one indicator; one document may serve several. Withdrawn, it stays readable:
    experts may have marked by it."""

    __tablename__ = "evidence"
    __table_args__ = (
        CheckConstraint("status IN ('filed', 'withdrawn')", name="status_known"),
        CheckConstraint(
            "(status = 'withdrawn') = (num_nulls(withdrawn_on, withdrawn_by) = 0)", name="withdrawn_by_somebody"
        ),
        Index("ix_evidence_evaluation_id", "evaluation_id", "indicator", "id"),
        Index(
            "uq_evidence_filed",
            "evaluation_id",
            "indicator",
            "document_id",
            unique=True,
            postgresql_where=text("status = 'filed'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    version: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    indicator: Mapped[str]
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"))
    note: Mapped[str]
    status: Mapped[str] = mapped_column(default="filed")
    filed_on: Mapped[date]
    filed_by: Mapped[str]
    withdrawn_on: Mapped[date | None]
    withdrawn_by: Mapped[str | None]
