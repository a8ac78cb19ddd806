"""Findings (疑点): grant money that was spent off purpose."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.base import Base
from shared.db import Aggregate


class Finding(Aggregate, Base):
    """One off-purpose payment of one grant; open until it is answered and confirmed or dismissed."""

    __tablename__ = "finding"
    __table_args__ = (
        UniqueConstraint("no", name="uq_finding_no"),
        UniqueConstraint("spending_line_id", name="uq_finding_spending_line_id"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("status = 'open'", name="status_known"),
        Index("ix_finding_grant_id", "grant_id"),
        Index("ix_finding_centre_id", "centre_id"),
    )

    no: Mapped[str]
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("centre_grant.id"))
    centre_id: Mapped[UUID]
    fiscal_year: Mapped[int]
    spending_line_id: Mapped[UUID] = mapped_column(ForeignKey("spending_line.id"))
    kind: Mapped[str]
    status: Mapped[str]
    amount: Mapped[Decimal]
    opened_on: Mapped[date]
    opened_by: Mapped[str]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
