"""The table of licences."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from shared.ids import uuid7

SUBMITTED: Final = "submitted"
VERIFIED: Final = "verified"
REJECTED: Final = "rejected"
ENDED: Final = "ended"


class ProviderLicence(Base):
    """A licence as its provider shows it; both days inclusive, no last day where it does not end. It counts from when
    an officer has verified it until it is replaced or struck out."""

    __tablename__ = "provider_licence"
    __table_args__ = (
        CheckConstraint("status IN ('submitted', 'verified', 'rejected', 'ended')", name="status_known"),
        CheckConstraint("valid_to >= valid_from", name="days_forward"),
        CheckConstraint("checked_by <> submitted_by", name="checked_by_another"),
        CheckConstraint("num_nulls(checked_by, checked_on) IN (0, 2)", name="checked_whole"),
        CheckConstraint("status <> 'verified' OR checked_by IS NOT NULL", name="verified_by_somebody"),
        CheckConstraint("(status = 'ended') = (num_nulls(ended_by, ended_on) = 0)", name="ended_whole"),
        CheckConstraint("status NOT IN ('rejected', 'ended') OR reason_code IS NOT NULL", name="with_reason"),
        Index("ix_provider_licence_provider_id", "provider_id", "id"),
        Index(
            "uq_provider_licence_number",
            "provider_id",
            "kind",
            "number",
            unique=True,
            postgresql_where="status = 'submitted'",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("provider.id"))
    kind: Mapped[str]
    number: Mapped[str]
    issuing_body: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    document_id: Mapped[UUID | None]
    replaces_id: Mapped[UUID | None]
    status: Mapped[str]
    submitted_by: Mapped[str]
    submitted_on: Mapped[date]
    checked_by: Mapped[str | None]
    checked_on: Mapped[date | None]
    ended_by: Mapped[str | None]
    ended_on: Mapped[date | None]
    reason_code: Mapped[str | None]
