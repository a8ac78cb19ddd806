"""The tables of settlement batches. The constraints repeat the rules, so that none can be passed by.

Three of them keep a subsidy from being paid twice: a redemption is in one live line at most
(`uq_settlement_line_live`), a line in one payment at most, and its n-th payment is in the journal once
(`uq_journal_entry_redemption_kind`).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from services.vouchers.providers.accounts import SettlementAccountRow
from services.vouchers.settlements import states
from shared.db import Aggregate
from shared.ids import uuid7
from shared.money import ZERO


def _among(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


class Settlement(Aggregate, Base):
    """One issuer's batch of one month: what was captured up to its last day and not settled before; yuan.

    `line_count` and `total` are of the lines that are in it now.
    """

    __tablename__ = "settlement"
    __table_args__ = (
        UniqueConstraint("no", name="uq_settlement_no"),
        CheckConstraint(_among("status", states.STATES), name="status_known"),
        CheckConstraint("period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'", name="period_is_month"),
        CheckConstraint("line_count >= 0 AND total >= 0 AND paid_total >= 0", name="amounts_not_negative"),
        CheckConstraint(
            "status NOT IN ('approved', 'paying', 'closed') OR num_nulls(checked_by, checked_on, noticed_by,"
            " noticed_on, approved_by, approved_on, sample_size, decision) = 0",
            name="approved_after_steps",
        ),
        CheckConstraint(
            "num_nulls(filed_by, filed_on, file_count, file_total, file_digest)"
            " = CASE WHEN status IN ('paying', 'closed') THEN 0 ELSE 5 END",
            name="file_whole",
        ),
        CheckConstraint("(status = 'closed') = (num_nulls(closed_by, closed_on) = 0)", name="closed_by_somebody"),
        CheckConstraint(
            "(status = 'cancelled') = (num_nulls(cancelled_by, cancelled_on, cancellation) = 0)",
            name="cancelled_whole",
        ),
        CheckConstraint("approved_by <> ALL (hands)", name="approver_is_another"),
        CheckConstraint("filed_by NOT IN (checked_by, approved_by)", name="payer_is_another"),
        CheckConstraint(
            "checked_on >= drafted_on AND noticed_on >= checked_on AND approved_on > noticed_on"
            " AND filed_on >= approved_on AND closed_on >= filed_on",
            name="dates_forward",
        ),
        Index(
            "uq_settlement_running",
            "issuer_division",
            "period",
            unique=True,
            postgresql_where=text("status NOT IN ('closed', 'cancelled')"),
        ),
        Index("ix_settlement_issuer_division", "issuer_division", "id"),
    )

    no: Mapped[str]
    issuer_division: Mapped[str]
    period: Mapped[str]
    """`2019-05`."""
    collects_to: Mapped[date]
    edition: Mapped[str]
    status: Mapped[str]
    line_count: Mapped[int]
    total: Mapped[Decimal]
    paid_total: Mapped[Decimal] = mapped_column(server_default="0", default=ZERO)
    hands: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"), default=list)
    """Everybody who took a step before the approval, however often it was repeated: none of them approves."""
    drafted_by: Mapped[str]
    drafted_on: Mapped[date]
    checked_by: Mapped[str | None]
    checked_on: Mapped[date | None]
    sample_size: Mapped[int | None]
    """Lines to inspect at least; NULL before the draw."""
    noticed_by: Mapped[str | None]
    noticed_on: Mapped[date | None]
    approved_by: Mapped[str | None]
    approved_on: Mapped[date | None]
    decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    filed_by: Mapped[str | None]
    filed_on: Mapped[date | None]
    file_count: Mapped[int | None]
    file_total: Mapped[Decimal | None]
    file_digest: Mapped[str | None]
    closed_by: Mapped[str | None]
    closed_on: Mapped[date | None]
    cancelled_by: Mapped[str | None]
    cancelled_on: Mapped[date | None]
    cancellation: Mapped[str | None]
    """Why it was cancelled."""


class SettlementPayment(Base):
    """What one provider is paid of a batch, in one amount: its lines (`gross`) less what is kept back for recoveries
    (`withheld`); into the account that was confirmed on the day of the file."""

    __tablename__ = "settlement_payment"
    __table_args__ = (
        UniqueConstraint("reference", name="uq_settlement_payment_reference"),
        UniqueConstraint("settlement_id", "provider_id", name="uq_settlement_payment_provider"),
        CheckConstraint(_among("status", states.PAYMENT_STATES), name="status_known"),
        CheckConstraint(
            "gross > 0 AND withheld >= 0 AND net >= 0 AND net = gross - withheld AND line_count > 0",
            name="amounts_add_up",
        ),
        CheckConstraint(
            "(status = 'issued') = (settled_on IS NULL) AND (status IN ('rejected', 'error', 'returned'))"
            " = (reason IS NOT NULL)",
            name="result_whole",
        ),
        Index("ix_settlement_payment_provider_id", "provider_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    settlement_id: Mapped[UUID] = mapped_column(ForeignKey("settlement.id"))
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("provider.id"))
    number: Mapped[int]
    reference: Mapped[str]
    line_count: Mapped[int]
    gross: Mapped[Decimal]
    withheld: Mapped[Decimal]
    net: Mapped[Decimal]
    account_id: Mapped[UUID] = mapped_column(ForeignKey(SettlementAccountRow.id))
    status: Mapped[str]
    settled_on: Mapped[date | None]
    """The day of the bank's answer: of the payment, or of its refusal."""
    bank_reference: Mapped[str | None]
    reason: Mapped[str | None]


class SettlementLine(Base):
    """A redemption in a batch, with the amount that is owed for it. A line that has left stays on record."""

    __tablename__ = "settlement_line"
    __table_args__ = (
        CheckConstraint(_among("status", states.LINE_STATES), name="status_known"),
        CheckConstraint(_among("check_status", states.CHECKS), name="check_status_known"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("(status IN ('included', 'paid')) = (reason_code IS NULL)", name="left_with_reason"),
        CheckConstraint("status <> 'paid' OR payment_id IS NOT NULL", name="paid_by_payment"),
        CheckConstraint("NOT sampled OR draw IS NOT NULL", name="sampled_by_draw"),
        CheckConstraint("NOT waiting OR status = 'back'", name="waiting_is_back"),
        CheckConstraint(
            "num_nulls(inspection, inspected_by, inspected_on, findings) IN (0, 4)", name="inspected_whole"
        ),
        CheckConstraint("inspection IN ('passed', 'failed')", name="inspection_known"),
        Index(
            "uq_settlement_line_live",
            "redemption_id",
            unique=True,
            postgresql_where=text("status IN ('included', 'paid', 'barred')"),
        ),
        Index("ix_settlement_line_settlement_id", "settlement_id", "id"),
        Index("ix_settlement_line_redemption_id", "redemption_id", "id"),
        Index("ix_settlement_line_provider_id", "provider_id", "settlement_id"),
        Index("ix_settlement_line_waiting", "settlement_id", "redemption_id", postgresql_where=text("waiting")),
        Index("ix_settlement_line_payment_id", "payment_id", postgresql_where=text("payment_id IS NOT NULL")),
        Index("ix_settlement_line_paid", "programme_id", "amount", postgresql_where=text("status = 'paid'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    settlement_id: Mapped[UUID] = mapped_column(ForeignKey("settlement.id"))
    redemption_id: Mapped[UUID] = mapped_column(ForeignKey("redemption.id"))
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("provider.id"))
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programme.id"))
    enterprise_id: Mapped[UUID]
    amount: Mapped[Decimal]
    status: Mapped[str]
    waiting: Mapped[bool]
    """Out, still owed, and not collected again yet."""
    reason_code: Mapped[str | None]
    check_status: Mapped[str]
    faults: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    """Everything that the last check found."""
    flagged: Mapped[bool]
    """To be inspected whatever the draw says."""
    draw: Mapped[str | None]
    """SHA-256 of the batch's number and the redemption's id, in hexadecimal: the order of the draw."""
    sampled: Mapped[bool]
    inspection: Mapped[str | None]
    inspected_by: Mapped[str | None]
    inspected_on: Mapped[date | None]
    findings: Mapped[str | None]
    note: Mapped[str | None]
    """Why an officer took it out, or let it back."""
    left_by: Mapped[str | None]
    """Who took the step that it went out with; another lets it back where it was barred."""
    objection_id: Mapped[UUID | None] = mapped_column(ForeignKey("notice_objection.id"))
    """The upheld objection that it was taken out for."""
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("settlement_payment.id"))


class SettlementResult(Base):
    """An answer of the bank as it was read; the same one again finds it here."""

    __tablename__ = "settlement_result"
    __table_args__ = (
        UniqueConstraint("settlement_id", "sha256", name="uq_settlement_result_sha256"),
        CheckConstraint("result_count > 0 AND total >= 0", name="totals_not_negative"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    settlement_id: Mapped[UUID] = mapped_column(ForeignKey("settlement.id"))
    sha256: Mapped[str]
    format: Mapped[str]
    file_name: Mapped[str | None]
    result_count: Mapped[int]
    total: Mapped[Decimal]
    read_by: Mapped[str]
    read_on: Mapped[date]


class SettlementOffset(Base):
    """What a payment keeps back for a recovery: reserved with the file, applied once the bank has paid."""

    __tablename__ = "settlement_offset"
    __table_args__ = (
        CheckConstraint(_among("status", states.OFFSET_STATES), name="status_known"),
        CheckConstraint("amount > 0", name="amount_positive"),
        Index("ix_settlement_offset_recovery_id", "recovery_id"),
    )

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("settlement_payment.id"), primary_key=True)
    recovery_id: Mapped[UUID] = mapped_column(ForeignKey("recovery.id"), primary_key=True)
    amount: Mapped[Decimal]
    status: Mapped[str]


class InvalidInvoice(Aggregate, Base):
    """An invoice that its seller has cancelled or red-lettered: nothing is paid on it. Withdrawn where it was entered
    by mistake."""

    __tablename__ = "invalid_invoice"
    __table_args__ = (
        CheckConstraint("kind IN ('cancelled', 'red_lettered')", name="kind_known"),
        CheckConstraint("num_nulls(withdrawn_by, withdrawn_on, withdrawal) IN (0, 3)", name="withdrawn_whole"),
        Index("uq_invalid_invoice_key", "invoice_key", unique=True, postgresql_where=text("withdrawn_on IS NULL")),
        Index("ix_invalid_invoice_issuer_division", "issuer_division", "id"),
    )

    issuer_division: Mapped[str]
    invoice_key: Mapped[str]
    kind: Mapped[str]
    found_on: Mapped[date]
    note: Mapped[str]
    recorded_by: Mapped[str]
    withdrawn_by: Mapped[str | None]
    withdrawn_on: Mapped[date | None]
    withdrawal: Mapped[str | None]
    """Why the entry does not hold."""
