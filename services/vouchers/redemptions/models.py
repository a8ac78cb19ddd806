"""The table of redemptions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, Sequence, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from services.vouchers.redemptions.rules import RELEASED, STATUSES
from shared.db import Aggregate

_STATES = ", ".join(f"'{status}'" for status in STATUSES)

redemption_number = Sequence("redemption_number", metadata=Base.metadata)
"""Numbers may have gaps: a counter without gaps would make every redemption wait for every other."""


class Redemption(Aggregate, Base):
    """One use of a voucher; yuan. It exists only because every rule passed: `balance_before` and `subsidy_percent` are
    what they were applied to."""

    __tablename__ = "redemption"
    __table_args__ = (
        UniqueConstraint("no", name="uq_redemption_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("price > 0 AND subsidy > 0 AND subsidy <= price", name="subsidy_within_price"),
        CheckConstraint("subsidy <= balance_before", name="subsidy_within_balance"),
        CheckConstraint("subsidy <= round(price * subsidy_percent / 100, 2)", name="subsidy_within_share"),
        CheckConstraint(
            "(status = 'redeemed') = (redeemed_on IS NOT NULL) AND (status = 'released') = (released_on IS NOT NULL)"
            " AND (status IN ('held', 'released') OR delivered_on IS NOT NULL)",
            name="dates_of_status",
        ),
        CheckConstraint("(status = 'released') = (reason_code IS NOT NULL)", name="released_with_reason"),
        CheckConstraint("invoice_key IS NULL OR subsidy <= invoice_amount", name="subsidy_within_invoice"),
        Index("ix_redemption_voucher_id", "voucher_id", "id"),
        Index("ix_redemption_provider_id", "provider_id", "id"),
        Index("ix_redemption_enterprise_id", "enterprise_id", "id"),
        Index("ix_redemption_issuer_division", "issuer_division", "id"),
        Index(
            "uq_redemption_invoice_key",
            "invoice_key",
            unique=True,
            postgresql_where=f"invoice_key IS NOT NULL AND status <> '{RELEASED}'",
        ),
        Index(
            "uq_redemption_contract_key",
            "contract_key",
            unique=True,
            postgresql_where=f"contract_key IS NOT NULL AND status <> '{RELEASED}'",
        ),
    )

    no: Mapped[str]
    voucher_id: Mapped[UUID] = mapped_column(ForeignKey("voucher.id"))
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programme.id"))
    issuer_division: Mapped[str]
    enterprise_id: Mapped[UUID]
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("provider.id"))
    category: Mapped[str]
    edition: Mapped[str]
    status: Mapped[str]
    price: Mapped[Decimal]
    subsidy_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    balance_before: Mapped[Decimal]
    subsidy: Mapped[Decimal]
    invoice_key: Mapped[str | None]
    """Seller's code, invoice code and number: what may be claimed once."""
    invoice_amount: Mapped[Decimal | None]
    """The invoice's whole amount, as stated."""
    contract_key: Mapped[str | None]
    """Both codes and the contract's number."""
    held_by: Mapped[str]
    held_on: Mapped[date]
    delivered_by: Mapped[str | None]
    delivered_on: Mapped[date | None]
    redeemed_by: Mapped[str | None]
    redeemed_on: Mapped[date | None]
    released_by: Mapped[str | None]
    released_on: Mapped[date | None]
    reason_code: Mapped[str | None]
