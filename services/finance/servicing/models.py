"""What banks report of a loan: money paid out, money received, the schedule and its extensions. Lines only grow."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.base import Base
from services.finance.servicing import states
from shared.clock import utcnow
from shared.db import InstantColumn
from shared.ids import uuid7
from shared.livemode import HasMode
from shared.money import ZERO


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


class LoanDrawdown(HasMode, Base):
    """The bank has paid out a tranche. `bank_reference` is the bank's own number of it: it counts once."""

    __tablename__ = "loan_drawdown"
    __table_args__ = (
        UniqueConstraint("loan_id", "line", name="uq_loan_drawdown_line"),
        UniqueConstraint("bank", "bank_reference", "livemode", name="uq_loan_drawdown_bank_reference"),
        UniqueConstraint("journal_entry_id", name="uq_loan_drawdown_journal_entry_id"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("livemode = (journal_entry_id IS NOT NULL)", name="booked_if_live"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    line: Mapped[int]
    bank: Mapped[str]
    bank_reference: Mapped[str]
    amount: Mapped[Decimal]
    drawn_on: Mapped[date]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(InstantColumn, default=utcnow)
    journal_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)


class LoanPayment(HasMode, Base):
    """Money of the borrower as the bank allocated it, or the line that takes such money back (`reverses_id`)."""

    __tablename__ = "loan_payment"
    __table_args__ = (
        UniqueConstraint("loan_id", "line", name="uq_loan_payment_line"),
        UniqueConstraint("bank", "bank_reference", "livemode", name="uq_loan_payment_bank_reference"),
        UniqueConstraint("reverses_id", name="uq_loan_payment_reverses_id"),
        UniqueConstraint("journal_entry_id", name="uq_loan_payment_journal_entry_id"),
        CheckConstraint(f"kind IN ({_listed(states.PAYMENT_KINDS)})", name="kind_known"),
        CheckConstraint("least(principal, interest, penalty) >= 0", name="parts_not_negative"),
        CheckConstraint("principal + interest + penalty > 0", name="some_money"),
        CheckConstraint(
            "(kind = 'reversal') = (num_nulls(reverses_id, reason_code) = 0)"
            " AND num_nulls(reverses_id, reason_code) IN (0, 2)",
            name="reversal_names_its_payment",
        ),
        CheckConstraint("kind <> 'reversal' OR reversed_on IS NULL", name="only_payments_reversed"),
        CheckConstraint("(livemode AND principal > 0) = (journal_entry_id IS NOT NULL)", name="booked_if_live"),
        Index("ix_loan_payment_paid_on", "loan_id", "paid_on"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    line: Mapped[int]
    kind: Mapped[str]
    bank: Mapped[str]
    bank_reference: Mapped[str]
    principal: Mapped[Decimal]
    interest: Mapped[Decimal]
    penalty: Mapped[Decimal] = mapped_column(default=ZERO)
    """Interest on arrears (罚息): never subsidised, and part of no schedule."""
    paid_on: Mapped[date]
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("loan_payment.id"))
    reversed_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    over_cap: Mapped[Decimal | None]
    """The borrower's cap, where the debt that a reversal brought back is above it."""
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(InstantColumn, default=utcnow)
    journal_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)


class LoanSchedule(Base):
    """A revision of the schedule; the last one holds. Its principal adds up to what was paid out by then."""

    __tablename__ = "loan_schedule"
    __table_args__ = (
        CheckConstraint(f"basis IN ({_listed(states.BASES)})", name="basis_known"),
        CheckConstraint("revision > 0 AND every_months > 0", name="counts_positive"),
        CheckConstraint("rate >= 0", name="rate_not_negative"),
        CheckConstraint("matures_on > changed_on", name="forward"),
        CheckConstraint("recalculates < revision", name="recalculates_earlier"),
    )

    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    basis: Mapped[str]
    method: Mapped[str]
    rate: Mapped[Decimal] = mapped_column(Numeric(7, 4))
    every_months: Mapped[int] = mapped_column(SmallInteger)
    changed_on: Mapped[date]
    """The day from which it replaces the one before."""
    reported_on: Mapped[date]
    """The day on which the bank reported it: arrears of days before stay, whatever it says of them."""
    recalculates: Mapped[int | None] = mapped_column(SmallInteger)
    """The revision whose place it takes, after a payment in it was taken back."""
    matures_on: Mapped[date]
    principal: Mapped[Decimal]
    reason: Mapped[str | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(InstantColumn, default=utcnow)


class LoanInstalment(Base):
    """What is due on a day under one revision."""

    __tablename__ = "loan_instalment"
    __table_args__ = (
        CheckConstraint("least(principal, interest) >= 0", name="parts_not_negative"),
        CheckConstraint("due_on >= nominal_on", name="rolled_forward"),
        Index("ix_loan_instalment_due_on", "due_on"),
    )

    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    nominal_on: Mapped[date]
    due_on: Mapped[date]
    principal: Mapped[Decimal]
    interest: Mapped[Decimal]


class LoanStanding(Base):
    """How far a loan's schedule is met: which revision holds, and what is open of it, so that lists need no sums.
    `open_since` is the due day of the oldest instalment that the money received does not meet, due or not yet due."""

    __tablename__ = "loan_standing"
    __table_args__ = (
        Index("ix_loan_standing_open_since", "open_since", postgresql_where=text("open_since IS NOT NULL")),
    )

    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(SmallInteger)
    open_since: Mapped[date | None]


class LoanExtension(HasMode, Base):
    """The bank gave more time (展期); no subsidy for what lies after the maturity before."""

    __tablename__ = "loan_extension"
    __table_args__ = (
        UniqueConstraint("loan_id", "line", name="uq_loan_extension_line"),
        UniqueConstraint("bank", "bank_reference", "livemode", name="uq_loan_extension_bank_reference"),
        CheckConstraint("matures_on > matured_on", name="forward"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    line: Mapped[int]
    bank: Mapped[str]
    bank_reference: Mapped[str]
    agreed_on: Mapped[date]
    matured_on: Mapped[date]
    """Maturity before."""
    matures_on: Mapped[date]
    rate: Mapped[Decimal] = mapped_column(Numeric(7, 4))
    reason: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(InstantColumn, default=utcnow)
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
