"""Prime rates, quarterly statements and the subsidy of each loan and quarter (3.2-4, 3.2-5)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.base import Base
from services.finance.subsidies import states
from shared.db import Aggregate
from shared.money import ZERO


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


class PrimeRate(Aggregate, Base):
    """The one-year loan prime rate (LPR) from a day on, in percent a year, with where it was published."""

    __tablename__ = "prime_rate"
    __table_args__ = (
        Index("uq_prime_rate_effective_on", "effective_on", unique=True, postgresql_where=text("status <> 'refused'")),
        CheckConstraint(f"status IN ({_listed(states.RATE_STATES)})", name="status_known"),
        CheckConstraint("rate > 0 AND rate < 100", name="rate_percent"),
        CheckConstraint("decided_by <> recorded_by", name="decider_is_another"),
        CheckConstraint("(status = 'recorded') = (decided_on IS NULL)", name="decided_whole"),
    )

    effective_on: Mapped[date]
    rate: Mapped[Decimal] = mapped_column(Numeric(7, 4))
    source: Mapped[str]
    status: Mapped[str]
    recorded_by: Mapped[str]
    recorded_on: Mapped[date]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]


class SubsidyStatement(Aggregate, Base):
    """What one department lets pay for one quarter, in yuan: `total` is paid out, `to_recover` comes back. A quarter
    may have more than one: later ones hold what the earlier left out, and corrections."""

    __tablename__ = "subsidy_statement"
    __table_args__ = (
        UniqueConstraint("no", name="uq_subsidy_statement_no"),
        CheckConstraint(f"status IN ({_listed(states.STATES)})", name="status_known"),
        CheckConstraint("quarter BETWEEN 1 AND 4", name="quarter_known"),
        CheckConstraint("total >= 0 AND to_recover >= 0 AND lines > 0", name="amounts_not_negative"),
        CheckConstraint("recovered >= 0 AND recovered <= total", name="recovered_within_total"),
        CheckConstraint("approved_by <> prepared_by", name="approver_is_another"),
        CheckConstraint("paid_by NOT IN (prepared_by, approved_by)", name="payer_is_another"),
        CheckConstraint(
            "num_nulls(approved_by, approved_on, budget_year)"
            " = CASE status WHEN 'approved' THEN 0 WHEN 'paid' THEN 0 ELSE 3 END",
            name="approval_whole",
        ),
        CheckConstraint(
            "num_nulls(paid_by, paid_on, payment_reference) = CASE status WHEN 'paid' THEN 0 ELSE 3 END",
            name="payment_whole",
        ),
        CheckConstraint("(status = 'refused') = (reason_code IS NOT NULL)", name="refused_with_reason"),
        Index(
            "uq_subsidy_statement_open",
            "year",
            "quarter",
            "department",
            unique=True,
            postgresql_where=text("status = 'prepared'"),
        ),
    )

    no: Mapped[str]
    year: Mapped[int]
    quarter: Mapped[int] = mapped_column(SmallInteger)
    department: Mapped[str]
    edition: Mapped[str]
    status: Mapped[str]
    lines: Mapped[int]
    total: Mapped[Decimal]
    to_recover: Mapped[Decimal]
    recovered: Mapped[Decimal] = mapped_column(default=ZERO)
    """What of `total` came back, by corrections in later statements."""
    budget_year: Mapped[int | None]
    prepared_by: Mapped[str]
    prepared_on: Mapped[date]
    approved_by: Mapped[str | None]
    approved_on: Mapped[date | None]
    paid_by: Mapped[str | None]
    paid_on: Mapped[date | None]
    payment_reference: Mapped[str | None]
    ended_by: Mapped[str | None]
    ended_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    decisions: Mapped[list[dict[str, JsonValue]]] = mapped_column(JSONB)


class SubsidyLine(Aggregate, Base):
    """A loan's subsidy of a quarter, or what a later report changes of it. `entitled` is what the quarter comes to as
    computed then, `amount` that less what earlier lines gave: negative where too much was paid."""

    __tablename__ = "subsidy_line"
    __table_args__ = (
        Index(
            "uq_subsidy_line_once",
            "loan_id",
            "year",
            "quarter",
            "sequence",
            unique=True,
            postgresql_where=text("status <> 'refused'"),
        ),
        CheckConstraint(f"status IN ({_listed(states.LINE_STATES)})", name="status_known"),
        CheckConstraint(f"kind IN ({_listed(states.KINDS)})", name="kind_known"),
        CheckConstraint("(kind = 'regular') = (sequence = 0)", name="regular_comes_first"),
        CheckConstraint("entitled >= 0 AND (kind = 'correction' OR amount = entitled)", name="regular_whole"),
        CheckConstraint("amount <> 0", name="some_money"),
        CheckConstraint("recovered >= 0 AND recovered <= greatest(amount, 0)", name="recovered_within_amount"),
        CheckConstraint("(status = 'recovered') <= (amount < 0)", name="only_excess_recovered"),
        CheckConstraint("(status = 'paid') <= (amount > 0)", name="only_subsidy_paid"),
        CheckConstraint("(status IN ('paid', 'recovered')) = (journal_entry_id IS NOT NULL)", name="booked_when_moved"),
        UniqueConstraint("journal_entry_id", name="uq_subsidy_line_journal_entry_id"),
        Index("ix_subsidy_line_statement_id", "statement_id"),
        Index("ix_subsidy_line_borrower", "borrower"),
    )

    statement_id: Mapped[UUID] = mapped_column(ForeignKey("subsidy_statement.id"))
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    loan_no: Mapped[str]
    borrower: Mapped[str]
    year: Mapped[int]
    quarter: Mapped[int] = mapped_column(SmallInteger)
    sequence: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[str]
    status: Mapped[str]
    entitled: Mapped[Decimal]
    amount: Mapped[Decimal]
    recovered: Mapped[Decimal] = mapped_column(default=ZERO)
    """What of a paid line later corrections have brought back."""
    calculation: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    settled_by: Mapped[str | None]
    settled_on: Mapped[date | None]
    reference: Mapped[str | None]
    journal_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
