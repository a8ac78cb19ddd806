"""The tables of redemptions, and of what they claim on each document: one row a document, which every claim locks."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Numeric,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from services.vouchers.redemptions.rules import STATUSES
from shared.db import Aggregate, MoneyColumn
from shared.money import ZERO

INVOICE: Final = "invoice"
CONTRACT: Final = "contract"

WITHIN_AMOUNT: Final = "ck_document_claim_within_amount"
WITHIN_CLAIMS: Final = "ck_document_claim_within_claims"

_STATES = ", ".join(f"'{status}'" for status in STATUSES)

redemption_number = Sequence("redemption_number", metadata=Base.metadata)
"""Numbers may have gaps: a counter without gaps would make every redemption wait for every other."""


class Redemption(Aggregate, Base):
    """One use of a voucher, or an order for one; yuan. It is held only because every rule passed: `balance_before` and
    `subsidy_percent` are what they were applied to. An order holds no money: its subsidy is 0 until it is accepted."""

    __tablename__ = "redemption"
    __table_args__ = (
        UniqueConstraint("no", name="uq_redemption_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("price > 0 AND subsidy >= 0 AND subsidy <= price", name="subsidy_within_price"),
        CheckConstraint("(subsidy = 0) = (held_on IS NULL)", name="subsidy_of_hold"),
        CheckConstraint("subsidy <= balance_before", name="subsidy_within_balance"),
        CheckConstraint("subsidy <= category_left", name="subsidy_within_category"),
        CheckConstraint("subsidy <= round(price * subsidy_percent / 100, 2)", name="subsidy_within_share"),
        CheckConstraint(
            "(status IN ('redeemed', 'reversed')) = (redeemed_on IS NOT NULL)"
            " AND (status = 'released') = (released_on IS NOT NULL)"
            " AND (status IN ('ordered', 'held', 'released') OR delivered_on IS NOT NULL)"
            " AND (status = 'released' OR (status = 'ordered') = (held_on IS NULL))"
            " AND (held_on IS NOT NULL OR ordered_on IS NOT NULL)",
            name="dates_of_status",
        ),
        CheckConstraint("(status = 'released') = (reason_code IS NOT NULL)", name="released_with_reason"),
        CheckConstraint(
            "reversed_amount >= 0 AND reversed_amount <= subsidy"
            " AND (reversed_amount = 0 OR status IN ('redeemed', 'reversed'))"
            " AND (status = 'reversed') = (reversed_amount > 0 AND reversed_amount = subsidy)",
            name="reversed_within_subsidy",
        ),
        CheckConstraint("restored_amount >= 0 AND restored_amount <= reversed_amount", name="restored_within_reversed"),
        CheckConstraint("invoice_key IS NULL OR subsidy <= invoice_amount", name="subsidy_within_invoice"),
        Index("ix_redemption_voucher_id", "voucher_id", "id"),
        Index("ix_redemption_provider_id", "provider_id", "id"),
        Index("ix_redemption_enterprise_id", "enterprise_id", "id"),
        Index("ix_redemption_issuer_division", "issuer_division", "id"),
        Index(
            "ix_redemption_redeemed_on",
            "redeemed_on",
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 32},
        ),
        Index("ix_redemption_invoice_key", "invoice_key", postgresql_where="invoice_key IS NOT NULL"),
        Index("ix_redemption_expires_on", "expires_on", "id", postgresql_where="status IN ('ordered', 'held')"),
        Index(
            "ix_redemption_unconfirmed",
            "issuer_division",
            "confirm_by",
            "id",
            postgresql_where="status IN ('delivered', 'disputed')",
        ),
        Index(
            "ix_redemption_provider_open",
            "provider_id",
            "id",
            postgresql_where="status IN ('ordered', 'held', 'delivered', 'disputed')",
        ),
        Index(
            "ix_redemption_to_collect",
            "issuer_division",
            "redeemed_on",
            "id",
            postgresql_where="status = 'redeemed' AND NOT collected",
        ),
        Index("ix_redemption_split_from", "split_from", postgresql_where="split_from IS NOT NULL"),
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
    category_left: Mapped[Decimal | None]
    """What the category's cap left on the voucher before this use; NULL: no cap but the balance."""
    subsidy: Mapped[Decimal]
    reversed_amount: Mapped[Decimal] = mapped_column(server_default="0", default=ZERO)
    """So much of a redeemed subsidy was taken back."""
    restored_amount: Mapped[Decimal] = mapped_column(server_default="0", default=ZERO)
    """So much of that the voucher, or its budget, has again: all that was not paid yet, and what came back."""
    offering_id: Mapped[UUID | None]
    """The entry of the provider's price list that was ordered."""
    description: Mapped[str | None]
    split_from: Mapped[UUID | None] = mapped_column(ForeignKey("redemption.id"))
    """The redemption of which this is what was not delivered with it."""
    sampling_flags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"), default=list)
    """Why it is inspected before it is paid."""
    collected: Mapped[bool] = mapped_column(server_default="false", default=False)
    """A settlement batch has had it; what left its batch again waits among the lines."""
    invoice_key: Mapped[str | None]
    """Seller's code, invoice code and number: on which it claims price and subsidy."""
    invoice_amount: Mapped[Decimal | None]
    """The invoice's whole amount, as stated."""
    contract_key: Mapped[str | None]
    """Both codes and the contract's number."""
    ordered_by: Mapped[str | None]
    ordered_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    """The last day, inclusive, to accept an order or to deliver on a hold."""
    held_by: Mapped[str | None]
    held_on: Mapped[date | None]
    delivered_by: Mapped[str | None]
    delivered_on: Mapped[date | None]
    confirm_by: Mapped[date | None]
    """The last day for the holder to confirm or dispute a delivery; after it the issuer decides."""
    issuer_decision: Mapped[str | None]
    """Why the issuer's officer paid or released it, where he decided."""
    redeemed_by: Mapped[str | None]
    redeemed_on: Mapped[date | None]
    released_by: Mapped[str | None]
    released_on: Mapped[date | None]
    reason_code: Mapped[str | None]


document_claim = Table(
    "document_claim",
    Base.metadata,
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("amount", MoneyColumn, nullable=False),
    Column("stated", Boolean, nullable=False),
    Column("priced", MoneyColumn, nullable=False),
    Column("claimed", MoneyColumn, nullable=False),
    Column("granted", MoneyColumn, nullable=False, server_default="0"),
    Column("granted_amount", MoneyColumn),
    Column("percent", Numeric(9, 6), nullable=False),
    CheckConstraint(f"kind IN ('{INVOICE}', '{CONTRACT}')", name="kind_known"),
    CheckConstraint("amount > 0 AND priced >= 0 AND claimed >= 0 AND granted >= 0", name="amounts_not_negative"),
    CheckConstraint("claimed <= priced", name="claimed_within_priced"),
    CheckConstraint("priced <= amount", name="within_amount"),
    CheckConstraint("claimed + granted <= least(amount, granted_amount) * percent / 100", name="within_claims"),
)
"""Sums over live uses, in yuan: `priced` of their prices, `claimed` of their subsidies less what was reversed.

`amount` is the document's whole amount: the smallest that anybody stated or, where nobody did, the first price.
`granted` is what grants claimed on it when the last claim was made, `granted_amount` what they were told of its amount,
`percent` how much of it may be claimed. What is bought on a document together costs no more than the document says, so
no price is subsidised twice; and what vouchers and grants claim on it together is within that amount (4.3-2).
"""
