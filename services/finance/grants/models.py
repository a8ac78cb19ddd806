"""Earmarked grants (专项资金, 3.1) and their plans. The constraints repeat the rules, so that none can be passed by."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.base import Base
from services.finance.calls.models import GrantCall
from services.finance.grants import states
from shared.db import Aggregate
from shared.money import ZERO


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


_MONEY = (
    CheckConstraint("requested > 0 AND requested <= cap", name="requested_within_cap"),
    CheckConstraint("approved > 0 AND approved <= requested", name="approved_within_requested"),
    CheckConstraint("paid = 0 OR paid = approved", name="paid_as_approved"),
    CheckConstraint(
        "least(spent, ineligible, refunded, recovery_due, recovered, repaid) >= 0", name="amounts_not_negative"
    ),
    CheckConstraint("spent + refunded + recovery_due <= paid", name="accounted_within_paid"),
    CheckConstraint("spent + ineligible <= paid", name="spending_within_paid"),
    CheckConstraint("recovered - repaid <= recovery_due", name="recovered_within_due"),
    CheckConstraint("repaid <= recovered", name="repaid_within_recovered"),
)
_STEPS = (
    CheckConstraint(f"status IN ({_listed(states.STATES)})", name="status_known"),
    CheckConstraint("(status = 'held') = (held_from IS NOT NULL)", name="held_from"),
    CheckConstraint(f"held_from IN ({_listed(states.PENDING)})", name="held_from_pending"),
    CheckConstraint("num_nulls(approved, approved_by, approved_bureau, approved_on) IN (0, 4)", name="approval_whole"),
    CheckConstraint(
        "num_nulls(countersigned_by, countersigned_bureau, countersigned_on) IN (0, 3)", name="countersignature_whole"
    ),
    CheckConstraint("approved_by IS NULL OR reviewed_by IS NOT NULL", name="approved_after_review"),
    CheckConstraint("countersigned_by IS NULL OR approved_by IS NOT NULL", name="countersigned_after_approval"),
    CheckConstraint("paid = 0 OR num_nulls(countersigned_by, paid_by, paid_on) = 0", name="paid_after_countersigning"),
    CheckConstraint(f"(paid > 0) = (status IN ({_listed(states.PAID_OUT)}))", name="paid_states"),
    CheckConstraint("status <> 'closed' OR spent + refunded + recovered - repaid = paid", name="closed_in_balance"),
    CheckConstraint("(status = 'in_recovery') <= (recovery_due > 0)", name="recovery_has_amount"),
    CheckConstraint("num_nulls(grade, grade_year, grade_version) IN (0, 3)", name="grade_whole"),
    CheckConstraint("num_nulls(receipt_on, receipt_by, receipt_slip_no) IN (0, 3)", name="receipt_whole"),
    CheckConstraint("receipt_on >= paid_on", name="receipt_after_payment"),
)
UNRANKED = 9
"""After every grade that the edition lets go first."""
_FOUR_EYES = (
    CheckConstraint("reviewed_by <> submitted_by", name="reviewer_is_another"),
    CheckConstraint("approved_by NOT IN (submitted_by, reviewed_by)", name="approver_is_another"),
    CheckConstraint(
        "countersigned_by NOT IN (submitted_by, reviewed_by, approved_by)", name="countersigner_is_another"
    ),
    CheckConstraint("countersigned_bureau <> approved_bureau", name="countersigned_by_other_bureau"),
    CheckConstraint(
        "paid_by NOT IN (submitted_by, reviewed_by, approved_by, countersigned_by)", name="payer_is_another"
    ),
)


class Grant(Aggregate, Base):
    """One application of one centre for one fiscal year, from application to closing; amounts in yuan.

    `edition`, `tier`, `cap` and the three switches are pinned at application. `decisions` are {step, decision} in the
    order taken. `spent` counts eligible spending only.
    """

    __tablename__ = "centre_grant"
    __table_args__ = (
        UniqueConstraint("no", name="uq_centre_grant_no"),
        *_MONEY,
        *_STEPS,
        *_FOUR_EYES,
        Index("ix_centre_grant_centre_id_fiscal_year", "centre_id", "fiscal_year"),
        Index("ix_centre_grant_status", "status", "id"),
        Index("ix_centre_grant_priority", "priority", "id"),
        Index("uq_centre_grant_receipt_slip_no", "receipt_slip_no", unique=True),
    )

    no: Mapped[str]
    centre_id: Mapped[UUID]
    operator_code: Mapped[str]
    fiscal_year: Mapped[int]
    edition: Mapped[str]
    tier: Mapped[str]
    cap: Mapped[Decimal]
    purpose: Mapped[str]
    hold_on_failure: Mapped[bool]
    cancel_on_delisting: Mapped[bool]
    recover_on_delisting: Mapped[bool]
    evidence: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    decisions: Mapped[list[dict[str, JsonValue]]] = mapped_column(JSONB)

    status: Mapped[str]
    held_from: Mapped[str | None]
    reason_code: Mapped[str | None]
    delisting_case_id: Mapped[UUID | None]
    call_id: Mapped[UUID | None] = mapped_column(ForeignKey(GrantCall.id))
    grade: Mapped[str | None]
    """The centre's last published grade (2.3-3), with its year and version, as the last of application and review found
    it; `priority` is its rank among the edition's grades that go first."""
    grade_year: Mapped[int | None]
    grade_version: Mapped[int | None]
    priority: Mapped[int] = mapped_column(SmallInteger, default=UNRANKED, server_default=text(str(UNRANKED)))

    requested: Mapped[Decimal]
    approved: Mapped[Decimal | None]
    paid: Mapped[Decimal] = mapped_column(default=ZERO)
    spent: Mapped[Decimal] = mapped_column(default=ZERO)
    ineligible: Mapped[Decimal] = mapped_column(default=ZERO)
    refunded: Mapped[Decimal] = mapped_column(default=ZERO)
    recovery_due: Mapped[Decimal] = mapped_column(default=ZERO)
    recovered: Mapped[Decimal] = mapped_column(default=ZERO)
    repaid: Mapped[Decimal] = mapped_column(default=ZERO, server_default=text("0"))
    """What of `recovered` went back after the delisting was reversed; `recovery_due` is without it."""

    applied_on: Mapped[date]
    submitted_by: Mapped[str]
    reviewed_on: Mapped[date | None]
    reviewed_by: Mapped[str | None]
    approved_on: Mapped[date | None]
    approved_by: Mapped[str | None]
    approved_bureau: Mapped[str | None]
    countersigned_on: Mapped[date | None]
    countersigned_by: Mapped[str | None]
    countersigned_bureau: Mapped[str | None]
    paid_on: Mapped[date | None]
    paid_by: Mapped[str | None]
    payment_reference: Mapped[str | None]
    receipt_on: Mapped[date | None]
    receipt_by: Mapped[str | None]
    receipt_slip_no: Mapped[str | None]
    """The bank slip of the money's arrival; one slip confirms one payment."""
    ended_on: Mapped[date | None]
    ended_by: Mapped[str | None]

    @property
    def held_back(self) -> Decimal:
        """Recovered and not repaid."""
        return self.recovered - self.repaid

    @property
    def balance(self) -> Decimal:
        """Paid and neither spent on purpose nor given back."""
        return self.paid - self.spent - self.refunded - self.held_back

    @property
    def spendable(self) -> Decimal:
        """What may still be recorded as spending: money diverted, refunded or recovered cannot be spent again."""
        return self.paid - self.spent - max(self.ineligible, self.refunded + self.held_back)


class PlanLine(Base):
    """A line of the plan that the application was made with; never changed."""

    __tablename__ = "plan_line"
    __table_args__ = (CheckConstraint("amount > 0", name="amount_positive"),)

    grant_id: Mapped[UUID] = mapped_column(ForeignKey("centre_grant.id"), primary_key=True)
    line: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    purpose: Mapped[str]
    description: Mapped[str]
    amount: Mapped[Decimal]


class GrantPaper(Base):
    """Document number (发文字号) and minutes (会议纪要) of one decision on a grant; `version` is its event's."""

    __tablename__ = "grant_paper"
    __table_args__ = (
        CheckConstraint("num_nulls(document_no, minutes_no) < 2", name="something_named"),
        Index("ix_grant_paper_document_no", "document_no"),
    )

    grant_id: Mapped[UUID] = mapped_column(ForeignKey("centre_grant.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    step: Mapped[str]
    document_no: Mapped[str | None]
    minutes_no: Mapped[str | None]
    decided_on: Mapped[date]
    recorded_by: Mapped[str]
