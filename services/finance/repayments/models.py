"""Repayments of recovered grant money. The constraints repeat the rules, so that none can be passed by."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.base import Base
from services.finance.repayments import states
from shared.db import Aggregate

_STATES = ", ".join(f"'{state}'" for state in states.STATES)
_CHECKS = (
    CheckConstraint(f"status IN ({_STATES})", name="status_known"),
    CheckConstraint("amount > 0 AND amount <= recovered", name="amount_within_recovered"),
    CheckConstraint(
        "num_nulls(prepared_by, prepared_on)"
        " = CASE status WHEN 'due' THEN 2 WHEN 'cancelled' THEN num_nulls(prepared_by, prepared_on) ELSE 0 END"
        " AND num_nulls(prepared_by, prepared_on) IN (0, 2)",
        name="preparation_whole",
    ),
    CheckConstraint(
        "num_nulls(approved_by, approved_on) IN (0, 2)"
        " AND (status NOT IN ('due', 'prepared') OR approved_by IS NULL)"
        " AND (status NOT IN ('approved', 'countersigned', 'paid') OR approved_by IS NOT NULL)",
        name="approval_whole",
    ),
    CheckConstraint(
        "num_nulls(countersigned_by, countersigned_on) IN (0, 2)"
        " AND (status NOT IN ('due', 'prepared', 'approved') OR countersigned_by IS NULL)"
        " AND (status NOT IN ('countersigned', 'paid') OR countersigned_by IS NOT NULL)",
        name="countersignature_whole",
    ),
    CheckConstraint(
        "num_nulls(paid_by, paid_on, document_no, journal_entry_id) = CASE status WHEN 'paid' THEN 0 ELSE 4 END",
        name="payment_whole",
    ),
    CheckConstraint(
        "num_nulls(ended_on, cancelled_by_case_id) = CASE status WHEN 'cancelled' THEN 0 ELSE 2 END",
        name="cancellation_whole",
    ),
    CheckConstraint("approved_by <> prepared_by", name="approver_is_another"),
    CheckConstraint("countersigned_by NOT IN (prepared_by, approved_by)", name="countersigner_is_another"),
    CheckConstraint("paid_by NOT IN (prepared_by, approved_by, countersigned_by)", name="payer_is_another"),
)


class Repayment(Aggregate, Base):
    """What one recovery took from an operator and goes back to it; yuan.

    `recovery_entry_id` is the recovery's journal entry: the payment's entry names it as what it reverses, so each
    recovery is repaid once at most. `payee_code` is the operator that paid.
    """

    __tablename__ = "repayment"
    __table_args__ = (
        UniqueConstraint("no", name="uq_repayment_no"),
        UniqueConstraint("journal_entry_id", name="uq_repayment_journal_entry_id"),
        *_CHECKS,
        Index(
            "uq_repayment_live_recovery",
            "recovery_entry_id",
            unique=True,
            postgresql_where=text("status <> 'cancelled'"),
        ),
        Index("ix_repayment_grant_id", "grant_id"),
        Index("ix_repayment_centre_id", "centre_id"),
        Index("ix_repayment_payee_code", "payee_code"),
        Index("ix_repayment_remedy_id", "remedy_id"),
    )

    no: Mapped[str]
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("centre_grant.id"))
    centre_id: Mapped[UUID]
    fiscal_year: Mapped[int]
    edition: Mapped[str]
    delisting_case_id: Mapped[UUID]
    remedy_id: Mapped[UUID | None]
    """The order that reversed the delisting; None where it came before repayments were kept and is not on record."""
    basis_document_no: Mapped[str | None]
    """The document of that order."""
    recovery_entry_id: Mapped[UUID] = mapped_column(ForeignKey("journal_entry.id"))
    recovered: Mapped[Decimal]
    recovered_on: Mapped[date]
    amount: Mapped[Decimal]
    payee_code: Mapped[str]
    decisions: Mapped[list[dict[str, JsonValue]]] = mapped_column(JSONB)

    status: Mapped[str]
    reason_code: Mapped[str | None]
    """Why it was last sent back, or cancelled."""
    opened_on: Mapped[date]
    prepared_on: Mapped[date | None]
    prepared_by: Mapped[str | None]
    approved_on: Mapped[date | None]
    approved_by: Mapped[str | None]
    countersigned_on: Mapped[date | None]
    countersigned_by: Mapped[str | None]
    paid_on: Mapped[date | None]
    paid_by: Mapped[str | None]
    document_no: Mapped[str | None]
    journal_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    ended_on: Mapped[date | None]
    cancelled_by_case_id: Mapped[UUID | None]
