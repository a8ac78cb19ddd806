"""Spending lines of paid grants: planned payments, and made ones with their vouchers and invoices."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, SmallInteger, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.base import Base
from shared.clock import utcnow
from shared.db import InstantColumn
from shared.ids import uuid7


class SpendingLine(Base):
    """One payment of the centre out of one grant. `invoice_key` counts once in the whole city (3.1-4, 4.3-2)."""

    __tablename__ = "spending_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["grant_id", "plan_line"],
            ["plan_line.grant_id", "plan_line.line"],
            name="fk_spending_line_grant_id_plan_line",
        ),
        UniqueConstraint("grant_id", "line", name="uq_spending_line_grant_id_line"),
        UniqueConstraint("invoice_key", name="uq_spending_line_invoice_key"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("amount <= invoice_amount", name="amount_within_invoice"),
        CheckConstraint("status IN ('planned', 'made')", name="status_known"),
        CheckConstraint("status = 'made' OR eligible", name="planned_on_purpose"),
        CheckConstraint(
            "num_nulls(voucher_no, invoice_key, spent_on) = CASE status WHEN 'made' THEN 0 ELSE 3 END",
            name="made_with_documents",
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("centre_grant.id"))
    line: Mapped[int] = mapped_column(SmallInteger)
    plan_line: Mapped[int | None] = mapped_column(SmallInteger)
    """The line of the grant's plan that the payment is part of, where it was named."""
    status: Mapped[str]
    purpose: Mapped[str]
    description: Mapped[str]
    amount: Mapped[Decimal]
    eligible: Mapped[bool]
    voucher_no: Mapped[str | None]
    invoice_key: Mapped[str | None]
    invoice_amount: Mapped[Decimal | None]
    """The invoice's whole amount, as stated or as known; at least what is charged."""
    spent_on: Mapped[date | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(InstantColumn, default=utcnow)
