"""The table of service records."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.service_records.rules import STATUSES
from shared.db import Aggregate

_STATES = ", ".join(f"'{status}'" for status in STATUSES)


class ServiceRecord(Aggregate, Base):
    """One service (2.1-1), technology transfer or new product (2.1-2) at one enterprise on one day.

    A record is never rewritten: the one that `corrects_id` names is `corrected` and counts no more.
    """

    __tablename__ = "service_record"
    __table_args__ = (
        UniqueConstraint("no", name="uq_service_record_no"),
        UniqueConstraint("corrects_id", name="uq_service_record_corrects_id"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("hours > 0", name="hours_positive"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("corrects_id <> id", name="corrects_another"),
        CheckConstraint("answered_by <> recorded_by", name="answered_by_another"),
        CheckConstraint(
            "status NOT IN ('confirmed', 'contested') OR num_nulls(answered_by, answered_on) = 0",
            name="answered_by_somebody",
        ),
        CheckConstraint("answered_on >= provided_on", name="answered_after_the_service"),
        CheckConstraint("status <> 'contested' OR reason_code IS NOT NULL", name="contested_with_reason"),
        Index("ix_service_record_centre_id", "centre_id", "provided_on"),
        Index("ix_service_record_enterprise_id", "enterprise_id", "provided_on"),
        Index("ix_service_record_tenancy_id", "tenancy_id"),
    )

    no: Mapped[str]
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    tenancy_id: Mapped[UUID] = mapped_column(ForeignKey("tenancy.id"))
    type: Mapped[str]
    title: Mapped[str]
    provided_on: Mapped[date]
    quantity: Mapped[int]
    """Times, products or transfers."""
    hours: Mapped[Decimal | None] = mapped_column(Numeric(7, 1))
    document_no: Mapped[str | None]
    """Of the contract or certificate."""
    amount: Mapped[Decimal | None]
    """Of the contract, in yuan."""
    status: Mapped[str]
    edition: Mapped[str]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    recorded_by: Mapped[str]
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("service_record.id"))
    answered_by: Mapped[str | None]
    """The enterprise's account that confirmed or contested it."""
    answered_on: Mapped[date | None]
    reason_code: Mapped[str | None]
