"""The table of offerings."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from shared.db import Aggregate

ACTIVE: Final = "active"
WITHDRAWN: Final = "withdrawn"


class Offering(Aggregate, Base):
    """A service on a provider's price list; `price` in yuan a unit, both days inclusive. An order takes the price of
    its day with it: what changes here later does not change it."""

    __tablename__ = "offering"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'withdrawn')", name="status_known"),
        CheckConstraint("price > 0", name="price_positive"),
        CheckConstraint("valid_to >= valid_from", name="days_forward"),
        CheckConstraint(
            "(status = 'withdrawn') = (num_nulls(withdrawn_by, withdrawn_on) = 0)", name="withdrawn_on_a_day"
        ),
        Index("ix_offering_provider_id", "provider_id", "id"),
        Index("ix_offering_category", "category", "price", "id", postgresql_where="status = 'active'"),
    )

    provider_id: Mapped[UUID] = mapped_column(ForeignKey("provider.id"))
    category: Mapped[str]
    title: Mapped[str]
    description: Mapped[str | None]
    unit: Mapped[str]
    price: Mapped[Decimal]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    status: Mapped[str]
    entered_by: Mapped[str]
    withdrawn_by: Mapped[str | None]
    withdrawn_on: Mapped[date | None]
