"""The table of yearly reviews."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from shared.ids import uuid7

PROPOSED: Final = "proposed"
CONFIRMED: Final = "confirmed"
RETURNED: Final = "returned"
FAIL: Final = "fail"


class ProviderReview(Base):
    """The review that was due on a day: its outcome is proposed by one person and confirmed, or returned, by
    another."""

    __tablename__ = "provider_review"
    __table_args__ = (
        CheckConstraint("status IN ('proposed', 'confirmed', 'returned')", name="status_known"),
        CheckConstraint("outcome IN ('pass', 'fail')", name="outcome_known"),
        CheckConstraint("decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint("(status = 'proposed') = (num_nulls(decided_by, decided_on) = 2)", name="decided_whole"),
        CheckConstraint("decided_on >= proposed_on", name="days_forward"),
        Index("ix_provider_review_provider_id", "provider_id", "id"),
        Index(
            "uq_provider_review_due",
            "provider_id",
            "due_on",
            unique=True,
            postgresql_where="status IN ('proposed', 'confirmed')",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("provider.id"))
    due_on: Mapped[date]
    status: Mapped[str]
    outcome: Mapped[str]
    findings: Mapped[str]
    proposed_by: Mapped[str]
    proposed_on: Mapped[date]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    remark: Mapped[str | None]
