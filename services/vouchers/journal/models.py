"""The double-entry journal: append-only; the database checks at commit that every entry balances.

An account is a code and a subject: `programme_subsidy` of a programme, `provider_payable` of a provider. Debits are
positive.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from shared.db import InstantColumn
from shared.ids import uuid7

CAPTURE: Final = "capture"
"""A redeemed subsidy: the programme owes it to the provider."""

PROGRAMME_SUBSIDY: Final = "programme_subsidy"
PROVIDER_PAYABLE: Final = "provider_payable"


class JournalEntry(Base):
    """Why money moved. A redemption is captured once; later kinds, such as a reversal, are entries of their own."""

    __tablename__ = "journal_entry"
    __table_args__ = (UniqueConstraint("redemption_id", "kind", name="uq_journal_entry_redemption_kind"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    kind: Mapped[str]
    redemption_id: Mapped[UUID] = mapped_column(ForeignKey("redemption.id"))
    effective_on: Mapped[date]
    actor: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(InstantColumn, server_default=text("now()"))


class Posting(Base):
    """One line of an entry: an amount in yuan on one account."""

    __tablename__ = "posting"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount_moves"),
        CheckConstraint("line > 0", name="line_positive"),
        Index("ix_posting_account", "account", "subject_id"),
    )

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("journal_entry.id"), primary_key=True)
    line: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    account: Mapped[str]
    subject_id: Mapped[UUID]
    amount: Mapped[Decimal]
