"""A reward for an investment that an enterprise received (3.3-2)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Boolean, CheckConstraint, Index, Numeric, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.base import Base
from services.finance.financing_rewards import states
from shared.db import Aggregate
from shared.money import ZERO


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


_UNPAID = _listed((*states.UNPAID, states.REFUSED, states.CANCELLED))
_HANDS = "applied_by, reviewed_by, approved_by, second_approved_by, countersigned_by"


class FinancingReward(Aggregate, Base):
    """One investment's reward; yuan. `approved` is held of the enterprise's ceiling under `ceiling_code`, the code of
    the record that goes on; `fiscal_year` is that of the budget, the year of the approval."""

    __tablename__ = "financing_reward"
    __table_args__ = (
        UniqueConstraint("no", name="uq_financing_reward_no"),
        CheckConstraint(f"status IN ({_listed(states.STATES)})", name="status_known"),
        CheckConstraint("requested > 0 AND investment_amount > 0", name="asked_for_something"),
        CheckConstraint("approved > 0 AND approved <= requested", name="approved_within_requested"),
        CheckConstraint(
            "paid >= 0 AND recovered >= 0 AND recovered <= recovery_due AND recovery_due <= paid",
            name="recovered_within_paid",
        ),
        CheckConstraint(f"(paid = 0) = (status IN ({_UNPAID}))", name="paid_whole"),
        CheckConstraint("paid = 0 OR paid = approved", name="paid_as_approved"),
        CheckConstraint(
            "num_nulls(approved, approved_by, approved_on, document_no, fiscal_year, ceiling_code) IN (0, 6)",
            name="approval_whole",
        ),
        CheckConstraint("num_nulls(exception_reason, exception_minutes_no) IN (0, 2)", name="exception_whole"),
        CheckConstraint("second_approved_by IS NULL OR exception_reason IS NOT NULL", name="second_for_exceptions"),
        CheckConstraint("reviewed_by <> applied_by", name="reviewer_is_another"),
        CheckConstraint("approved_by NOT IN (applied_by, reviewed_by)", name="approver_is_another"),
        CheckConstraint(
            "second_approved_by NOT IN (applied_by, reviewed_by, approved_by)", name="second_approver_is_another"
        ),
        CheckConstraint("countersigned_by NOT IN (applied_by, reviewed_by, approved_by)", name="signer_is_another"),
        CheckConstraint("paid_by NOT IN (applied_by, reviewed_by, approved_by)", name="payer_is_another"),
        CheckConstraint("recheck_confirmed_by <> rechecked_by", name="recheck_by_two"),
        Index(
            "uq_financing_reward_bank_slip",
            "investor_code",
            "bank_slip_no",
            unique=True,
            postgresql_where="status NOT IN ('refused', 'cancelled')",
        ),
        Index(
            "uq_financing_reward_payment_reference",
            "payment_reference",
            unique=True,
            postgresql_where="payment_reference IS NOT NULL",
        ),
        Index("ix_financing_reward_enterprise_code", "enterprise_code"),
        Index("ix_financing_reward_centre_id", "centre_id"),
        Index("ix_financing_reward_recheck", "recheck_due_on", postgresql_where="status = 'paid'"),
    )

    no: Mapped[str]
    centre_id: Mapped[UUID]
    enterprise_id: Mapped[UUID]
    enterprise_code: Mapped[str]
    edition: Mapped[str]
    status: Mapped[str]
    reason_code: Mapped[str | None]
    investor_code: Mapped[str]
    investor_name: Mapped[str]
    investor_type: Mapped[str]
    investment_amount: Mapped[Decimal]
    agreement_no: Mapped[str]
    bank_slip_no: Mapped[str]
    arrived_on: Mapped[date]
    capital_registered_on: Mapped[date]
    capital_document_no: Mapped[str]
    prior_holding_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    """What the investor held of the enterprise before, as declared and then as found at the review."""
    requested: Mapped[Decimal]
    approved: Mapped[Decimal | None]
    paid: Mapped[Decimal] = mapped_column(default=ZERO)
    recovery_due: Mapped[Decimal] = mapped_column(default=ZERO)
    recovered: Mapped[Decimal] = mapped_column(default=ZERO)
    exception_asked: Mapped[str | None]
    """Why the applicant asks for more than the principle; the next two are the review's."""
    exception_reason: Mapped[str | None]
    exception_minutes_no: Mapped[str | None]
    cancel_on_delisting: Mapped[bool] = mapped_column(Boolean)
    ceiling_code: Mapped[str | None]
    fiscal_year: Mapped[int | None]
    document_no: Mapped[str | None]
    applied_by: Mapped[str]
    applied_on: Mapped[date]
    reviewed_by: Mapped[str | None]
    reviewed_on: Mapped[date | None]
    relation_document_no: Mapped[str | None]
    approved_by: Mapped[str | None]
    approved_on: Mapped[date | None]
    second_approved_by: Mapped[str | None]
    second_approved_on: Mapped[date | None]
    countersigned_by: Mapped[str | None]
    countersigned_on: Mapped[date | None]
    paid_by: Mapped[str | None]
    paid_on: Mapped[date | None]
    payment_reference: Mapped[str | None]
    recheck_due_on: Mapped[date | None]
    recheck_outcome: Mapped[str | None]
    recheck_document_no: Mapped[str | None]
    rechecked_by: Mapped[str | None]
    rechecked_on: Mapped[date | None]
    recheck_confirmed_by: Mapped[str | None]
    earlier_recheck: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    """What a re-check that is looked into again had found, for as long as nobody has confirmed the new one."""
    ended_on: Mapped[date | None]
    decisions: Mapped[list[dict[str, JsonValue]]] = mapped_column(JSONB, default=list)

    @property
    def is_exception(self) -> bool:
        """Beyond the principle, with a reason and minutes."""
        return self.exception_reason is not None
