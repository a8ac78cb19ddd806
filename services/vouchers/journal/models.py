"""The double-entry journal: append-only; the database checks at commit that every entry balances.

An account is a code and a subject. Debits are positive.

| Account                | Subject   | Balance                                            |
|------------------------|-----------|----------------------------------------------------|
| programme_subsidy      | programme | subsidies captured and not reversed                |
| programme_recovered    | programme | claimed back of what stays captured (credit)       |
| programme_written_off  | programme | owed by providers, given up and not back after all |
| provider_payable       | provider  | owed to the provider (credit)                      |
| provider_receivable    | provider  | owed by the provider (debit)                       |
| issuer_bank            | programme | paid (credit) less what came back                  |
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
REVERSAL: Final = "reversal"
"""A captured subsidy, or a part of one, is not owed after all."""
PAYMENT: Final = "payment"
"""The issuer's bank has paid it."""
PAYMENT_RETURNED: Final = "payment_returned"
"""The money came back from the provider's bank: it is owed again."""
RECOVERY: Final = "recovery"
"""What was paid is claimed back."""
RECOVERY_DROPPED: Final = "recovery_dropped"
"""A reversed and paid subsidy, or a part of one, is not claimed back after all."""
REPAYMENT: Final = "repayment"
"""The provider has paid it back."""
OFFSET: Final = "offset"
"""It was kept back from the provider's next payment."""
OFFSET_RETURNED: Final = "offset_returned"
"""The payment that it was kept back from came back: it is due again."""
WRITE_OFF: Final = "write_off"
"""It cannot be got back, and is given up."""
KINDS: Final = (
    CAPTURE,
    REVERSAL,
    PAYMENT,
    PAYMENT_RETURNED,
    RECOVERY,
    RECOVERY_DROPPED,
    REPAYMENT,
    OFFSET,
    OFFSET_RETURNED,
    WRITE_OFF,
)

PROGRAMME_SUBSIDY: Final = "programme_subsidy"
PROGRAMME_RECOVERED: Final = "programme_recovered"
PROGRAMME_WRITTEN_OFF: Final = "programme_written_off"
PROVIDER_PAYABLE: Final = "provider_payable"
PROVIDER_RECEIVABLE: Final = "provider_receivable"
ISSUER_BANK: Final = "issuer_bank"
ACCOUNTS: Final = (
    PROGRAMME_SUBSIDY,
    PROGRAMME_RECOVERED,
    PROGRAMME_WRITTEN_OFF,
    PROVIDER_PAYABLE,
    PROVIDER_RECEIVABLE,
    ISSUER_BANK,
)

_KINDS = ", ".join(f"'{kind}'" for kind in KINDS)
_ACCOUNTS = ", ".join(f"'{account}'" for account in ACCOUNTS)


class JournalEntry(Base):
    """Why money moved. Every entry belongs to a redemption; `ordinal` counts the entries of a kind that it has: it is
    captured once, and paid a second time only after the first payment came back."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        UniqueConstraint("redemption_id", "kind", "ordinal", name="uq_journal_entry_redemption_kind"),
        CheckConstraint(f"kind IN ({_KINDS})", name="kind_known"),
        CheckConstraint("ordinal > 0 AND (kind <> 'capture' OR ordinal = 1)", name="ordinal_counts"),
        Index(
            "ix_journal_entry_settlement_id",
            "settlement_id",
            "id",
            postgresql_where=text("settlement_id IS NOT NULL"),
        ),
        Index("ix_journal_entry_recovery_id", "recovery_id", "id", postgresql_where=text("recovery_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    kind: Mapped[str]
    redemption_id: Mapped[UUID] = mapped_column(ForeignKey("redemption.id"))
    ordinal: Mapped[int] = mapped_column(server_default="1", default=1)
    settlement_id: Mapped[UUID | None] = mapped_column(ForeignKey("settlement.id"))
    """The batch that paid it, or kept something back."""
    recovery_id: Mapped[UUID | None] = mapped_column(ForeignKey("recovery.id"))
    effective_on: Mapped[date]
    actor: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(InstantColumn, server_default=text("now()"))


class Posting(Base):
    """One line of an entry: an amount in yuan on one account."""

    __tablename__ = "posting"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount_moves"),
        CheckConstraint("line > 0", name="line_positive"),
        CheckConstraint(f"account IN ({_ACCOUNTS})", name="account_known"),
        Index("ix_posting_account", "account", "subject_id"),
    )

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("journal_entry.id"), primary_key=True)
    line: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    account: Mapped[str]
    subject_id: Mapped[UUID]
    amount: Mapped[Decimal]
