"""The table of renewals."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from shared.ids import uuid7

REQUESTED: Final = "requested"
REVIEWED: Final = "reviewed"
APPROVED: Final = "approved"
REFUSED: Final = "refused"
WITHDRAWN: Final = "withdrawn"


class ProviderRenewal(Base):
    """A request to go on, with the categories that the provider wants from then on. `admitted_until` is the new last
    day, set by the approval."""

    __tablename__ = "provider_renewal"
    __table_args__ = (
        CheckConstraint("status IN ('requested', 'reviewed', 'approved', 'refused', 'withdrawn')", name="status_known"),
        CheckConstraint("cardinality(categories) > 0", name="categories_some"),
        CheckConstraint("reviewed_by <> requested_by", name="reviewed_by_another"),
        CheckConstraint(
            "status <> 'approved' OR (decided_by <> reviewed_by AND decided_by <> requested_by)", name="four_eyes"
        ),
        CheckConstraint(
            "status <> 'approved' OR num_nulls(reviewed_by, decided_by, decided_on, admitted_until) = 0",
            name="approved_whole",
        ),
        CheckConstraint(
            "status <> 'refused' OR num_nulls(decided_by, decided_on, reason_code) = 0", name="refused_with_reason"
        ),
        CheckConstraint(
            "reviewed_on >= requested_on AND decided_on >= coalesce(reviewed_on, requested_on)", name="days_forward"
        ),
        Index("ix_provider_renewal_provider_id", "provider_id", "id"),
        Index(
            "uq_provider_renewal_open",
            "provider_id",
            unique=True,
            postgresql_where="status IN ('requested', 'reviewed')",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("provider.id"))
    status: Mapped[str]
    edition: Mapped[str]
    categories: Mapped[list[str]] = mapped_column(ARRAY(Text))
    declared: Mapped[bool]
    requested_by: Mapped[str]
    requested_on: Mapped[date]
    reviewed_by: Mapped[str | None]
    reviewed_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB)
    admitted_until: Mapped[date | None]
