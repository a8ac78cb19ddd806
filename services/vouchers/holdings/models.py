"""The table of holdings: who holds how much of whom, from when to when, and where that is written."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from shared.db import Aggregate


class Holding(Aggregate, Base):
    """A share that one organisation holds of another; one of the two is the provider it is recorded with.

    Percent with two decimals; both days are inclusive, and a holding without a last day goes on.
    """

    __tablename__ = "holding"
    __table_args__ = (
        CheckConstraint("percent > 0 AND percent <= 100", name="percent_is_share"),
        CheckConstraint("holder_code <> held_code", name="two_organisations"),
        CheckConstraint("valid_to >= valid_from", name="days_forward"),
        CheckConstraint(
            "num_nulls(valid_to, ended_by, end_document) IN (0, 3)", name="ended_by_somebody_with_a_document"
        ),
        CheckConstraint("ended_by <> recorded_by", name="four_eyes"),
        Index("uq_holding_pair_open", "holder_code", "held_code", unique=True, postgresql_where="valid_to IS NULL"),
        Index("ix_holding_pair", "holder_code", "held_code"),
        Index("ix_holding_provider_id", "provider_id", "id"),
    )

    provider_id: Mapped[UUID] = mapped_column(ForeignKey("provider.id"))
    holder_code: Mapped[str]
    held_code: Mapped[str]
    percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    source_document: Mapped[str]
    end_document: Mapped[str | None]
    recorded_by: Mapped[str]
    ended_by: Mapped[str | None]
