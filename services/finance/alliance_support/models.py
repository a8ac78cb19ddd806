"""Support for an alliance in a year, and the activities that it cites (4.6-3, 4.7-3)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.alliance_support import states
from services.finance.base import Base
from shared.db import Aggregate
from shared.money import ZERO


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


class AllianceSupport(Aggregate, Base):
    """One support; yuan. `approved` is held of the alliance's ceiling of the year, `fiscal_year` is the budget's."""

    __tablename__ = "alliance_support"
    __table_args__ = (
        UniqueConstraint("no", name="uq_alliance_support_no"),
        CheckConstraint(f"status IN ({_listed(states.STATES)})", name="status_known"),
        CheckConstraint("requested > 0", name="asked_for_something"),
        CheckConstraint("approved > 0 AND approved <= requested", name="approved_within_requested"),
        CheckConstraint("least(paid, spent, refunded) >= 0 AND spent + refunded <= paid", name="used_within_paid"),
        CheckConstraint("status <> 'closed' OR spent + refunded = paid", name="closed_in_balance"),
        CheckConstraint("(paid > 0) = (status IN ('paid', 'reported', 'closed'))", name="paid_whole"),
        CheckConstraint(
            "num_nulls(approved, approved_by, approved_on, document_no, fiscal_year) IN (0, 5)", name="approval_whole"
        ),
        CheckConstraint("reviewed_by <> applied_by", name="reviewer_is_another"),
        CheckConstraint("approved_by NOT IN (applied_by, reviewed_by)", name="approver_is_another"),
        CheckConstraint("paid_by NOT IN (applied_by, reviewed_by, approved_by)", name="payer_is_another"),
        CheckConstraint("report_accepted_by <> reported_by", name="report_by_two"),
        CheckConstraint("refund_confirmed_by NOT IN (reported_by, report_accepted_by)", name="refund_by_another"),
        CheckConstraint(
            "num_nulls(refund_reference, refund_confirmed_by, refund_confirmed_on)"
            " = CASE WHEN refunded > 0 THEN 0 ELSE 3 END",
            name="refund_whole",
        ),
        CheckConstraint("(status = 'refused') = (reason_code IS NOT NULL)", name="refused_with_reason"),
        Index("ix_alliance_support_alliance_year", "alliance", "year"),
        Index(
            "uq_alliance_support_payment_reference",
            "payment_reference",
            unique=True,
            postgresql_where="payment_reference IS NOT NULL",
        ),
    )

    no: Mapped[str]
    alliance: Mapped[str]
    year: Mapped[int]
    edition: Mapped[str]
    status: Mapped[str]
    reason_code: Mapped[str | None]
    recipient_code: Mapped[str]
    recipient_name: Mapped[str]
    assessment_id: Mapped[UUID]
    record_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    requested: Mapped[Decimal]
    approved: Mapped[Decimal | None]
    paid: Mapped[Decimal] = mapped_column(default=ZERO)
    spent: Mapped[Decimal] = mapped_column(default=ZERO)
    refunded: Mapped[Decimal] = mapped_column(default=ZERO)
    fiscal_year: Mapped[int | None]
    document_no: Mapped[str | None]
    applied_by: Mapped[str]
    applied_on: Mapped[date]
    reviewed_by: Mapped[str | None]
    reviewed_on: Mapped[date | None]
    approved_by: Mapped[str | None]
    approved_on: Mapped[date | None]
    paid_by: Mapped[str | None]
    paid_on: Mapped[date | None]
    payment_reference: Mapped[str | None]
    report_document_no: Mapped[str | None]
    report_lines: Mapped[list[dict[str, JsonValue]]] = mapped_column(JSONB, default=list)
    reported_by: Mapped[str | None]
    reported_on: Mapped[date | None]
    report_accepted_by: Mapped[str | None]
    refund_reference: Mapped[str | None]
    refund_confirmed_by: Mapped[str | None]
    refund_confirmed_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    decisions: Mapped[list[dict[str, JsonValue]]] = mapped_column(JSONB, default=list)


class AllianceCitation(Base):
    """An activity that a support rests on; it counts for one support that is not refused."""

    __tablename__ = "alliance_citation"
    __table_args__ = (Index("uq_alliance_citation_live", "record_id", unique=True, postgresql_where="live"),)

    support_id: Mapped[UUID] = mapped_column(ForeignKey("alliance_support.id"), primary_key=True)
    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    live: Mapped[bool] = mapped_column(Boolean, default=True)
