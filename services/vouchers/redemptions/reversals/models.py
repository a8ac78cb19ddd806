"""The table of reversals."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from shared.db import Aggregate

ASKED: Final = "asked"
"""By the provider; nobody of the issuer has looked at it."""
PROPOSED: Final = "proposed"
APPROVED: Final = "approved"
REFUSED: Final = "refused"
STATUSES: Final = (ASKED, PROPOSED, APPROVED, REFUSED)

_STATES = ", ".join(f"'{status}'" for status in STATUSES)


class Reversal(Aggregate, Base):
    """So much of a redeemed subsidy is to be taken back; yuan. Approved by another person than who proposed it."""

    __tablename__ = "reversal"
    __table_args__ = (
        UniqueConstraint("no", name="uq_reversal_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("num_nulls(asked_by, proposed_by) < 2", name="begun_by_somebody"),
        CheckConstraint("status <> 'proposed' OR num_nulls(proposed_by, proposed_on) = 0", name="proposed_by_somebody"),
        CheckConstraint(
            "status NOT IN ('approved', 'refused') OR num_nulls(decided_by, decided_on) = 0", name="decided_by_somebody"
        ),
        CheckConstraint(
            "status <> 'approved' OR (proposed_by IS NOT NULL AND decided_by <> proposed_by"
            " AND decided_by IS DISTINCT FROM asked_by)",
            name="four_eyes",
        ),
        CheckConstraint("decided_on >= coalesce(proposed_on, asked_on)", name="dates_forward"),
        CheckConstraint("(status = 'approved') = (paid IS NOT NULL)", name="approved_paid_or_not"),
        Index("uq_reversal_open", "redemption_id", unique=True, postgresql_where="status IN ('asked', 'proposed')"),
        Index("ix_reversal_redemption_id", "redemption_id", "id"),
        Index("ix_reversal_issuer_division", "issuer_division", "id"),
    )

    no: Mapped[str]
    redemption_id: Mapped[UUID] = mapped_column(ForeignKey("redemption.id"))
    issuer_division: Mapped[str]
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("provider.id"))
    status: Mapped[str]
    amount: Mapped[Decimal]
    reason_code: Mapped[str]
    statement: Mapped[str]
    asked_by: Mapped[str | None]
    asked_on: Mapped[date | None]
    proposed_by: Mapped[str | None]
    proposed_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    answer: Mapped[str | None]
    paid: Mapped[bool | None]
    """Whether the subsidy had been paid by then: it is claimed back, and counts as spent until it is back."""
