"""A bank's business day as the bank filed it, and how it differs from ours (3.2-1)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.banks.models import listed
from services.finance.base import Base
from services.finance.reconciliation import states
from shared.clock import utcnow
from shared.db import Aggregate, InstantColumn
from shared.ids import uuid7
from shared.livemode import HasMode


class ReconciliationDay(Aggregate, HasMode, Base):
    """One file of one day. The bank's control totals, and ours as of the last comparison; yuan. Sums of the day are net
    of reversals; `outstanding` is principal owed at the end of the day over everything the bank has with us."""

    __tablename__ = "reconciliation_day"
    __table_args__ = (
        UniqueConstraint("no", name="uq_reconciliation_day_no"),
        UniqueConstraint("bank", "livemode", "day", "revision", name="uq_reconciliation_day_revision"),
        Index(
            "uq_reconciliation_day_current",
            "bank",
            "livemode",
            "day",
            unique=True,
            postgresql_where="status <> 'replaced'",
        ),
        CheckConstraint(f"status IN ({listed(states.STATES)})", name="status_known"),
        CheckConstraint(f"format IN ({listed(states.FORMATS)})", name="format_known"),
        CheckConstraint("open_differences BETWEEN 0 AND differences", name="open_within"),
        CheckConstraint("status = 'replaced' OR (status = 'differing') = (open_differences > 0)", name="status_counts"),
    )

    no: Mapped[str]
    bank: Mapped[str]
    day: Mapped[date]
    revision: Mapped[int] = mapped_column(SmallInteger)
    status: Mapped[str]
    sha256: Mapped[str]
    file_name: Mapped[str | None]
    format: Mapped[str]
    count: Mapped[int]
    disbursed: Mapped[Decimal]
    repaid: Mapped[Decimal]
    outstanding: Mapped[Decimal]
    our_count: Mapped[int]
    our_disbursed: Mapped[Decimal]
    our_repaid: Mapped[Decimal]
    our_outstanding: Mapped[Decimal]
    differences: Mapped[int]
    open_differences: Mapped[int]
    filed_by: Mapped[str]
    filed_on: Mapped[date]
    compared_at: Mapped[datetime] = mapped_column(InstantColumn, default=utcnow)


class ReconciliationLine(Base):
    """A line of the file."""

    __tablename__ = "reconciliation_line"
    __table_args__ = (
        UniqueConstraint("day_id", "kind", "reference", "case_no", name="uq_reconciliation_line_reference"),
        CheckConstraint(f"kind IN ({listed(states.LINE_KINDS)})", name="kind_known"),
        CheckConstraint("amount > 0", name="amount_positive"),
    )

    day_id: Mapped[UUID] = mapped_column(ForeignKey("reconciliation_day.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    reference: Mapped[str]
    case_no: Mapped[str]
    amount: Mapped[Decimal]


class ReconciliationDifference(Base):
    """Something that the two sides do not know alike, and what a person made of it. `ours` and `theirs` are amounts,
    None on the side that knows nothing."""

    __tablename__ = "reconciliation_difference"
    __table_args__ = (
        UniqueConstraint("day_id", "number", name="uq_reconciliation_difference_number"),
        CheckConstraint(f"kind IN ({listed(states.DIFFERENCE_KINDS)})", name="kind_known"),
        CheckConstraint(f"status IN ({listed(states.DIFFERENCE_STATES)})", name="status_known"),
        CheckConstraint(
            "num_nulls(outcome, reason, resolved_by, resolved_on) = CASE status WHEN 'resolved' THEN 0 ELSE 4 END",
            name="resolved_whole",
        ),
        Index("ix_reconciliation_difference_open", "day_id", postgresql_where="status = 'open'"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    day_id: Mapped[UUID] = mapped_column(ForeignKey("reconciliation_day.id"))
    number: Mapped[int]
    kind: Mapped[str]
    reference: Mapped[str | None]
    case_no: Mapped[str | None]
    our_kind: Mapped[str | None]
    their_kind: Mapped[str | None]
    ours: Mapped[Decimal | None]
    theirs: Mapped[Decimal | None]
    status: Mapped[str]
    outcome: Mapped[str | None]
    reason: Mapped[str | None]
    resolved_by: Mapped[str | None]
    resolved_on: Mapped[date | None]
    found_at: Mapped[datetime] = mapped_column(InstantColumn, default=utcnow)
