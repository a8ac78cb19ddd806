"""Findings (疑点): grant money that was spent off purpose, and what the centre replied."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.base import Base
from services.finance.findings.states import STATES
from shared.db import Aggregate

_STATES = ", ".join(f"'{state}'" for state in STATES)


class Finding(Aggregate, Base):
    """One off-purpose payment of one grant: a suspicion until the reply is in and a second person confirms it, or drops
    it."""

    __tablename__ = "finding"
    __table_args__ = (
        UniqueConstraint("no", name="uq_finding_no"),
        UniqueConstraint("spending_line_id", name="uq_finding_spending_line_id"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint(
            "num_nulls(replied_by, replied_on, reply_hash) = CASE status WHEN 'open' THEN 3 ELSE 0 END",
            name="reply_whole",
        ),
        CheckConstraint(
            "num_nulls(decided_by, decided_on, outcome)"
            " = CASE WHEN status IN ('confirmed', 'dismissed') THEN 0 ELSE 3 END",
            name="outcome_whole",
        ),
        CheckConstraint("(status = 'dismissed') = (reason_code IS NOT NULL)", name="dismissed_with_reason"),
        CheckConstraint("decided_by NOT IN (opened_by, replied_by)", name="decided_by_another"),
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
    """The rule that opened it."""
    replied_on: Mapped[date | None]
    replied_by: Mapped[str | None]
    reply_hash: Mapped[str | None]
    decided_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    reason_code: Mapped[str | None]
    outcome: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    """The rules under which it was confirmed or dropped."""


class FindingReply(Base):
    """What the centre answered, in its own words. Erasing sets the text to NULL; finding and event keep the hash."""

    __tablename__ = "finding_reply"
    __table_args__ = (CheckConstraint("text IS NULL OR length(text) BETWEEN 1 AND 2000", name="text_length"),)

    finding_id: Mapped[UUID] = mapped_column(ForeignKey("finding.id"), primary_key=True)
    text: Mapped[str | None]
    salt: Mapped[bytes] = mapped_column(LargeBinary)
