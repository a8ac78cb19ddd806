"""A bank of the register and everything ever recorded of it (3.2-1)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.banks import states
from services.finance.base import Base
from shared.db import Aggregate


def listed(values: tuple[str, ...]) -> str:
    """For the IN of a constraint."""
    return ", ".join(f"'{value}'" for value in values)


class Bank(Aggregate, Base):
    """A bank under its code; the particulars are those last approved, or those recorded first. The contact is an
    office of the bank, never a person."""

    __tablename__ = "bank"
    __table_args__ = (
        UniqueConstraint("code", name="uq_bank_code"),
        CheckConstraint("code ~ '^[A-Z][A-Z0-9]{1,11}$'", name="code_form"),
        CheckConstraint(f"status IN ({listed(states.STATES)})", name="status_known"),
        CheckConstraint(f"channels <@ ARRAY[{listed(states.CHANNELS)}]::text[]", name="channels_known"),
    )

    code: Mapped[str]
    name: Mapped[str]
    office: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text))
    status: Mapped[str]
    revision: Mapped[int] = mapped_column(SmallInteger)
    approved_by: Mapped[str | None]
    approved_on: Mapped[date | None]
    reason_code: Mapped[str | None]


class BankRevision(Base):
    """Particulars as recorded, and what a second person made of them. Nothing of it changes once decided."""

    __tablename__ = "bank_revision"
    __table_args__ = (
        CheckConstraint(f"status IN ({listed(states.CHANGES)})", name="status_known"),
        CheckConstraint("decided_by <> recorded_by", name="decider_is_another"),
        CheckConstraint(
            "num_nulls(decided_by, decided_on) = CASE status WHEN 'recorded' THEN 2 ELSE 0 END", name="decided_whole"
        ),
        CheckConstraint("(status = 'refused') = (reason_code IS NOT NULL)", name="refused_with_reason"),
        CheckConstraint("decided_on >= recorded_on", name="dates_forward"),
        Index("uq_bank_revision_open", "bank_id", unique=True, postgresql_where="status = 'recorded'"),
    )

    bank_id: Mapped[UUID] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    status: Mapped[str]
    name: Mapped[str]
    office: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text))
    taking_referrals: Mapped[bool]
    recorded_by: Mapped[str]
    recorded_on: Mapped[date]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    reason_code: Mapped[str | None]
