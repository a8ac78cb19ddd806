"""The tables of recoveries."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from services.vouchers.recoveries import states
from shared.db import Aggregate
from shared.ids import uuid7
from shared.money import ZERO


def _among(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


class Recovery(Aggregate, Base):
    """A claim on a provider for what it was paid; yuan. `amount` is what is claimed, `due` what was decided; `repaid`,
    `withheld` (from its next payments) and `written_off` make up for it. `reserved` waits for a bank's answer on a
    payment that keeps it back.

    `reversed` tells whether the redemption itself was reversed (its subsidy is not spent any more); otherwise it stays
    captured, and what comes back is the issuer's.
    """

    __tablename__ = "recovery"
    __table_args__ = (
        UniqueConstraint("no", name="uq_recovery_no"),
        CheckConstraint(_among("status", states.STATES), name="status_known"),
        CheckConstraint("amount > 0 AND due >= 0 AND due <= amount", name="due_within_claim"),
        CheckConstraint(
            "repaid >= 0 AND withheld >= 0 AND written_off >= 0 AND reserved >= 0"
            " AND repaid + withheld + written_off + reserved <= coalesce(due, 0)",
            name="made_up_within_due",
        ),
        CheckConstraint("(status = 'opened') = (due IS NULL)", name="due_once_decided"),
        CheckConstraint(
            "status NOT IN ('settled', 'written_off') OR repaid + withheld + written_off = due", name="ended_made_up"
        ),
        CheckConstraint(
            "num_nulls(decided_by, decided_on, grounds, decision) = CASE status WHEN 'opened' THEN 4 ELSE 0 END",
            name="decided_whole",
        ),
        CheckConstraint("decided_by <> opened_by", name="decided_by_another"),
        CheckConstraint("num_nulls(statement, stated_by, stated_on) IN (0, 3)", name="statement_whole"),
        CheckConstraint(
            "num_nulls(write_off_by, write_off_on, write_off_reason) IN (0, 3)", name="write_off_proposed_whole"
        ),
        CheckConstraint(
            "(status = 'written_off') = (num_nulls(written_off_by, written_off_on) = 0)"
            " AND (written_off_by IS NULL OR write_off_by IS NOT NULL)",
            name="written_off_whole",
        ),
        CheckConstraint("written_off_by <> write_off_by", name="written_off_by_another"),
        CheckConstraint("decided_on >= opened_on AND stated_on >= opened_on", name="dates_forward"),
        Index("ix_recovery_redemption_id", "redemption_id"),
        Index("ix_recovery_provider_id", "provider_id", "id"),
        Index("ix_recovery_issuer_division", "issuer_division", "id"),
    )

    no: Mapped[str]
    redemption_id: Mapped[UUID] = mapped_column(ForeignKey("redemption.id"))
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programme.id"))
    issuer_division: Mapped[str]
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("provider.id"))
    edition: Mapped[str]
    status: Mapped[str]
    reason_code: Mapped[str]
    facts: Mapped[str]
    """What the claim rests on, as the provider is told."""
    reversed: Mapped[bool]
    amount: Mapped[Decimal]
    due: Mapped[Decimal | None]
    repaid: Mapped[Decimal] = mapped_column(default=ZERO, server_default="0")
    withheld: Mapped[Decimal] = mapped_column(default=ZERO, server_default="0")
    written_off: Mapped[Decimal] = mapped_column(default=ZERO, server_default="0")
    reserved: Mapped[Decimal] = mapped_column(default=ZERO, server_default="0")
    opened_by: Mapped[str]
    opened_on: Mapped[date]
    statement_until: Mapped[date]
    warnings: Mapped[list[JsonValue]] = mapped_column(JSONB, server_default=text("'[]'"))
    """What the terms were counted without, as the calendar says it."""
    statement: Mapped[str | None]
    stated_by: Mapped[str | None]
    stated_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    document_no: Mapped[str | None]
    grounds: Mapped[str | None]
    decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    repay_until: Mapped[date | None]
    reconsideration_until: Mapped[date | None]
    litigation_until: Mapped[date | None]
    offset_agreed_on: Mapped[date | None]
    """The provider agreed to have it kept back before the term for repaying it is over."""
    write_off_by: Mapped[str | None]
    """Who proposed to give the rest up."""
    write_off_on: Mapped[date | None]
    write_off_reason: Mapped[str | None]
    written_off_by: Mapped[str | None]
    written_off_on: Mapped[date | None]
    ended_on: Mapped[date | None]

    @property
    def outstanding(self) -> Decimal:
        """What is neither back nor kept back nor given up."""
        return (self.due or ZERO) - self.repaid - self.withheld - self.written_off - self.reserved


class RecoveryMovement(Base):
    """What made up for a part of a recovery. A bank's slip counts once."""

    __tablename__ = "recovery_movement"
    __table_args__ = (
        CheckConstraint(_among("kind", states.MOVEMENTS), name="kind_known"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("(kind = 'repayment') = (reference IS NOT NULL)", name="repayment_with_slip"),
        Index("ix_recovery_movement_recovery_id", "recovery_id", "id"),
        Index(
            "uq_recovery_movement_slip",
            "recovery_id",
            "reference",
            unique=True,
            postgresql_where=text("reference IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    recovery_id: Mapped[UUID] = mapped_column(ForeignKey("recovery.id"))
    kind: Mapped[str]
    amount: Mapped[Decimal]
    moved_on: Mapped[date]
    reference: Mapped[str | None]
    recorded_by: Mapped[str]
