"""What this service did about each delisting, kept so that it can be confirmed again unchanged."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from shared.db import Aggregate, MoneyColumn


class DelistingCarriedOut(Aggregate, Base):
    """Its id is the case's, or that of an order on the case. The version counts how often it was confirmed."""

    __tablename__ = "delisting_carried_out"

    centre_id: Mapped[UUID]
    stopped_voucher_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    released_redemption_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    honoured_redemption_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    returned: Mapped[Decimal] = mapped_column(server_default="0")
    """Yuan given back to budgets and quotas."""
    effective_on: Mapped[date]


delisting_effect = Table(
    "delisting_effect",
    Base.metadata,
    Column("case_id", Uuid, nullable=False),
    Column("voucher_id", ForeignKey("voucher.id"), nullable=False),
    Column("voucher_version", Integer, nullable=False),
    Column("stopped_on", Date, nullable=False),
    Column("returned", MoneyColumn, nullable=False),
    PrimaryKeyConstraint("case_id", "voucher_id", "voucher_version", name="pk_delisting_effect"),
    Index("ix_delisting_effect_voucher_id", "voucher_id"),
)
"""Each voucher that a case stopped, also of stays that became known later, and the yuan that went back. One that was
reinstated and stops again has two rows."""

delisting_hold = Table(
    "delisting_hold",
    Base.metadata,
    Column("case_id", Uuid, nullable=False),
    Column("redemption_id", ForeignKey("redemption.id"), nullable=False),
    Column("voucher_id", ForeignKey("voucher.id"), nullable=False),
    Column("outcome", Text, nullable=False),
    Column("subsidy", MoneyColumn, nullable=False),
    PrimaryKeyConstraint("case_id", "redemption_id", "outcome", name="pk_delisting_hold"),
    CheckConstraint("outcome IN ('honoured', 'released')", name="outcome_known"),
    Index("ix_delisting_hold_voucher_id", "voucher_id"),
)
"""What became of the holds that were open on those vouchers; `subsidy` is what was reserved."""
