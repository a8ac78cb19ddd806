"""The table of applications."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from services.vouchers.steps import OPEN_SQL, Steps, step_checks
from shared.db import Aggregate


class Application(Steps, Aggregate, Base):
    """One enterprise's application for a voucher of one programme; yuan. `granted` is proposed at review."""

    __tablename__ = "voucher_application"
    __table_args__ = (
        UniqueConstraint("no", name="uq_voucher_application_no"),
        UniqueConstraint("voucher_id", name="uq_voucher_application_voucher_id"),
        *step_checks(),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("granted > 0 AND granted <= amount", name="granted_within_amount"),
        CheckConstraint("(status = 'approved') = (voucher_id IS NOT NULL)", name="approved_with_voucher"),
        Index("ix_voucher_application_enterprise_id", "enterprise_id", "id"),
        Index("ix_voucher_application_issuer_division", "issuer_division", "id"),
    )

    no: Mapped[str]
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programme.id"))
    issuer_division: Mapped[str]
    enterprise_id: Mapped[UUID]
    category: Mapped[str | None]
    amount: Mapped[Decimal]
    granted: Mapped[Decimal | None]
    purpose: Mapped[str]
    edition: Mapped[str]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    """What the rules said at the last step that asked them."""
    voucher_id: Mapped[UUID | None] = mapped_column(ForeignKey("voucher.id"))


Index(
    "uq_voucher_application_open",
    Application.programme_id,
    Application.enterprise_id,
    func.coalesce(Application.category, ""),
    unique=True,
    postgresql_where=OPEN_SQL,
)
