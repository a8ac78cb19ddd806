"""The double-entry journal: append-only; the database checks at commit that every entry balances.

An account is a triple like a ceiling's: code, subject (centre) and period (fiscal year). Debits are positive.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.finance.base import Base
from services.finance.journal import periods
from shared.clock import utcnow
from shared.db import Aggregate, InstantColumn
from shared.ids import uuid7


class Posting(Base):
    """One line of an entry: an amount in yuan on one account, debit positive, credit negative."""

    __tablename__ = "posting"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount_moves"),
        Index("ix_posting_account_subject_period", "account", "subject", "period"),
    )

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("journal_entry.id"), primary_key=True)
    line: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    account: Mapped[str]
    subject: Mapped[str]
    period: Mapped[str]
    amount: Mapped[Decimal]


class JournalEntry(Base):
    """Why money moved: the case, and by `case_version` the very event of it. A reversal names what it reverses."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        UniqueConstraint("case_id", "case_version", "kind", name="uq_journal_entry_case_event"),
        CheckConstraint("case_version > 0", name="case_version_positive"),
        CheckConstraint(
            "num_nulls(occurred_on, closed_period) IN (0, 2) AND occurred_on < effective_on", name="booked_later"
        ),
        Index("ix_journal_entry_effective_on", "effective_on"),
        Index("ix_journal_entry_case_no", "case_no"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    kind: Mapped[str]
    case_id: Mapped[UUID]
    case_no: Mapped[str]
    case_version: Mapped[int]
    effective_on: Mapped[date]
    """The day it is booked on; never in a closed period."""
    occurred_on: Mapped[date | None]
    """The day it was true for, where that lay in a closed period, which `closed_period` names."""
    closed_period: Mapped[str | None]
    lines: Mapped[int] = mapped_column(SmallInteger, server_default=text("2"))
    actor: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(InstantColumn, default=utcnow)
    counterparty: Mapped[str | None]
    """Code of the organisation that paid or was paid, where it may be another than the account's today."""
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"), unique=True)

    postings: Mapped[list[Posting]] = relationship(lazy="raise", order_by=Posting.line)


class JournalPeriod(Aggregate, Base):
    """A month (`2019-03`) or year (`2019`) of the books: closed by two persons, opened again by two with a reason.

    `entries` and `turnover` (the sum of debits, yuan) are those of the moment it was closed. A period that was opened
    again stays on record as it was; the next closing is a row of its own.
    """

    __tablename__ = "journal_period"
    __table_args__ = (
        UniqueConstraint("no", name="uq_journal_period_no"),
        CheckConstraint(f"status IN ({', '.join(repr(state) for state in periods.STATES)})", name="status_known"),
        CheckConstraint("starts_on <= ends_on", name="days_forward"),
        CheckConstraint("closed_by <> proposed_by", name="closed_by_another"),
        CheckConstraint(
            "num_nulls(closed_by, closed_on, entries, turnover)"
            " = CASE WHEN status IN ('proposed', 'refused') THEN 4 ELSE 0 END",
            name="closed_whole",
        ),
        CheckConstraint(
            "(status = 'refused') = (reason_code IS NOT NULL) AND (status = 'refused') = (refused_by IS NOT NULL)",
            name="refused_with_reason",
        ),
        CheckConstraint("reopened_by <> reopening_by", name="reopened_by_another"),
        CheckConstraint(
            "num_nulls(reopening_by, reopening_on, reopening_reason)"
            " = CASE WHEN status IN ('reopening', 'reopened') THEN 0 ELSE 3 END",
            name="reopening_whole",
        ),
        CheckConstraint(
            "num_nulls(reopened_by, reopened_on) = CASE status WHEN 'reopened' THEN 0 ELSE 2 END", name="reopened_whole"
        ),
        Index(
            "uq_journal_period_live",
            "label",
            unique=True,
            postgresql_where="status IN ('proposed', 'closed', 'reopening')",
        ),
    )

    no: Mapped[str]
    label: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    edition: Mapped[str]
    status: Mapped[str]
    proposed_by: Mapped[str]
    proposed_on: Mapped[date]
    closed_by: Mapped[str | None]
    closed_on: Mapped[date | None]
    entries: Mapped[int | None]
    turnover: Mapped[Decimal | None]
    refused_by: Mapped[str | None]
    reason_code: Mapped[str | None]
    reopening_by: Mapped[str | None]
    reopening_on: Mapped[date | None]
    reopening_reason: Mapped[str | None]
    reopened_by: Mapped[str | None]
    reopened_on: Mapped[date | None]
