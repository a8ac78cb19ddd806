"""A division's matching funds of a year, every amount ever recorded for it, and what it was spent on (5.1-2)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.base import Base
from services.finance.matching_funds import states
from shared.clock import utcnow
from shared.db import Aggregate, InstantColumn
from shared.ids import uuid7
from shared.money import ZERO


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


class MatchingFund(Aggregate, Base):
    """One division and year. `budget` and `document_no` are what is approved, zero and NULL before; yuan."""

    __tablename__ = "matching_fund"
    __table_args__ = (
        UniqueConstraint("no", name="uq_matching_fund_no"),
        UniqueConstraint("division", "year", name="uq_matching_fund_division_year"),
        CheckConstraint(f"status IN ({_listed(states.STATES)})", name="status_known"),
        CheckConstraint("spent >= 0 AND spent <= budget", name="spent_within_budget"),
        CheckConstraint("waiting >= 0 AND spent + waiting <= budget", name="waiting_within_budget"),
        CheckConstraint(
            "num_nulls(document_no, approved_by, approved_on, first_approved_on)"
            " = CASE status WHEN 'approved' THEN 0 ELSE 4 END",
            name="approved_whole",
        ),
        CheckConstraint("status = 'approved' OR budget = 0", name="budget_approved"),
    )

    no: Mapped[str]
    division: Mapped[str]
    year: Mapped[int]
    edition: Mapped[str]
    status: Mapped[str]
    revision: Mapped[int] = mapped_column(SmallInteger)
    document_no: Mapped[str | None]
    budget: Mapped[Decimal] = mapped_column(default=ZERO)
    spent: Mapped[Decimal] = mapped_column(default=ZERO)
    waiting: Mapped[Decimal] = mapped_column(default=ZERO, server_default=text("0"))
    """Payments that were recorded and wait for their second person."""
    approved_by: Mapped[str | None]
    approved_on: Mapped[date | None]
    first_approved_on: Mapped[date | None]
    reason_code: Mapped[str | None]

    @property
    def remaining(self) -> Decimal:
        """What may still be spent: payments that wait for confirmation hold their amount."""
        return self.budget - self.spent - self.waiting


class MatchingFundRevision(Base):
    """An amount recorded by document, and what a second person made of it. Nothing of it changes once decided."""

    __tablename__ = "matching_fund_revision"
    __table_args__ = (
        CheckConstraint(f"status IN ({_listed(states.STATES)})", name="status_known"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("decided_by <> recorded_by", name="decider_is_another"),
        CheckConstraint(
            "num_nulls(decided_by, decided_on) = CASE status WHEN 'recorded' THEN 2 ELSE 0 END", name="decided_whole"
        ),
        CheckConstraint("(status = 'refused') = (reason_code IS NOT NULL)", name="refused_with_reason"),
        CheckConstraint("decided_on >= recorded_on", name="dates_forward"),
        Index("uq_matching_fund_revision_open", "fund_id", unique=True, postgresql_where="status = 'recorded'"),
        Index(
            "uq_matching_fund_revision_document",
            "fund_id",
            "document_no",
            unique=True,
            postgresql_where="status <> 'refused'",
        ),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("matching_fund.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    status: Mapped[str]
    document_no: Mapped[str]
    amount: Mapped[Decimal]
    recorded_by: Mapped[str]
    recorded_on: Mapped[date]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB)


class MatchingFundLine(Base):
    """A payment, or the line that takes one back whole (`reverses_id`, which marks the payment `reversed_on`).
    A payment counts, and has its journal entry, from its confirmation on."""

    __tablename__ = "matching_fund_line"
    __table_args__ = (
        UniqueConstraint("fund_id", "line", name="uq_matching_fund_line_fund_id_line"),
        Index("uq_matching_fund_line_reverses_id", "reverses_id", unique=True, postgresql_where="status <> 'refused'"),
        UniqueConstraint("journal_entry_id", name="uq_matching_fund_line_journal_entry_id"),
        CheckConstraint(f"kind IN ({_listed(states.KINDS)})", name="kind_known"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("num_nulls(centre_id, enterprise_code) = 1", name="one_recipient"),
        CheckConstraint(
            "(kind = 'reversal') = (num_nulls(reverses_id, reason_code) = 0)"
            " AND num_nulls(reverses_id, reason_code) IN (0, 2)",
            name="reversal_names_its_line",
        ),
        CheckConstraint("kind = 'spending' OR reversed_on IS NULL", name="only_payments_reversed"),
        CheckConstraint(f"status IN ({_listed(states.LINE_STATES)})", name="status_known"),
        CheckConstraint("(status = 'confirmed') = (journal_entry_id IS NOT NULL)", name="booked_once_confirmed"),
        CheckConstraint("status = 'confirmed' OR reversed_on IS NULL", name="waits_unreversed"),
        CheckConstraint("(status = 'refused') = (refusal_reason IS NOT NULL)", name="refused_with_reason"),
        CheckConstraint(
            "num_nulls(decided_by, decided_on) = 0 OR (status <> 'refused' AND num_nulls(decided_by, decided_on) = 2)",
            name="decided_whole",
        ),
        CheckConstraint("decided_by <> recorded_by", name="decider_is_another"),
        Index(
            "uq_matching_fund_line_voucher",
            "fund_id",
            "voucher_no",
            "recipient",
            unique=True,
            postgresql_where="kind = 'spending' AND reversed_on IS NULL AND status <> 'refused'",
        ),
        Index("ix_matching_fund_line_centre_id", "centre_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    fund_id: Mapped[UUID] = mapped_column(ForeignKey("matching_fund.id"))
    line: Mapped[int]
    kind: Mapped[str]
    amount: Mapped[Decimal]
    purpose: Mapped[str]
    description: Mapped[str]
    centre_id: Mapped[UUID | None]
    enterprise_code: Mapped[str | None]
    recipient: Mapped[str]
    """The one of the two that is set, as text."""
    voucher_no: Mapped[str]
    document_no: Mapped[str | None]
    spent_on: Mapped[date]
    """The day the money left, or came back."""
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("matching_fund_line.id"))
    reversed_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(InstantColumn, default=utcnow)
    status: Mapped[str] = mapped_column(server_default=text("'confirmed'"))
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    refusal_reason: Mapped[str | None]
    journal_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
