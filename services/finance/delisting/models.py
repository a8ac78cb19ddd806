"""What finance did about each delisting, kept so that it can be confirmed again unchanged."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.base import Base
from shared.db import Aggregate


class DelistingCarriedOut(Aggregate, Base):
    """Its id is the case's, or that of an order on the case. The version counts how often finance has confirmed it.

    Of an order: grants cancelled and recoveries opened when a stay ended, or, for a reversal, recoveries closed."""

    __tablename__ = "delisting_carried_out"
    __table_args__ = (CheckConstraint("released >= 0 AND recovery_due >= 0", name="amounts_not_negative"),)

    centre_id: Mapped[UUID]
    cancelled_grant_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    recovery_grant_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    released: Mapped[Decimal]
    recovery_due: Mapped[Decimal]
    effective_on: Mapped[date]
