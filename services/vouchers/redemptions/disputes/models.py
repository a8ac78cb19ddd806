"""The table of disputes."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from shared.db import Aggregate

REDELIVERED: Final = "redelivered"
CONFIRMED: Final = "confirmed"
RELEASED: Final = "released"
CAPTURED: Final = "captured"
OUTCOMES: Final = (REDELIVERED, CONFIRMED, RELEASED, CAPTURED)

_OUTCOMES = ", ".join(f"'{outcome}'" for outcome in OUTCOMES)


class Dispute(Aggregate, Base):
    """A holder's objection to a delivery. It ends with a new delivery, the holder's confirmation, a release, or the
    issuer's decision to pay."""

    __tablename__ = "dispute"
    __table_args__ = (
        CheckConstraint(f"outcome IN ({_OUTCOMES})", name="outcome_known"),
        CheckConstraint("num_nulls(outcome, closed_by, closed_on) IN (0, 3)", name="closed_by_somebody"),
        CheckConstraint("closed_on >= raised_on", name="dates_forward"),
        Index("uq_dispute_open", "redemption_id", unique=True, postgresql_where="outcome IS NULL"),
        Index("ix_dispute_redemption_id", "redemption_id", "id"),
    )

    redemption_id: Mapped[UUID] = mapped_column(ForeignKey("redemption.id"))
    reason_code: Mapped[str]
    statement: Mapped[str]
    raised_by: Mapped[str]
    raised_on: Mapped[date]
    outcome: Mapped[str | None]
    answer: Mapped[str | None]
    closed_by: Mapped[str | None]
    closed_on: Mapped[date | None]
