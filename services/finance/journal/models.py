"""The double-entry journal: append-only; the database checks at commit that every entry balances.

An account is a triple like a ceiling's: code, subject (centre) and period (fiscal year). Debits are positive.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.finance.base import Base
from shared.clock import utcnow
from shared.db import InstantColumn
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
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    kind: Mapped[str]
    case_id: Mapped[UUID]
    case_no: Mapped[str]
    case_version: Mapped[int]
    effective_on: Mapped[date]
    actor: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(InstantColumn, default=utcnow)
    counterparty: Mapped[str | None]
    """Code of the organisation that paid or was paid, where it may be another than the account's today."""
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"), unique=True)

    postings: Mapped[list[Posting]] = relationship(lazy="raise", order_by=Posting.line)
