"""Guarantees, the banks' claims on them, and what is recovered from borrowers (3.2-3). Amounts in yuan."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.base import Base
from services.finance.guarantees import states
from shared.clock import utcnow
from shared.db import Aggregate, InstantColumn
from shared.ids import uuid7
from shared.livemode import HasMode
from shared.money import ZERO


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


class Guarantee(HasMode, Aggregate, Base):
    """The guarantor's promise for one loan.

    `guaranteed` is its share of the contract, `liability` what of it the limits hold now: it falls with the debt.
    `paid` went to the bank, `budget_paid` of it out of the public guarantee fund; `recovered` came back to it.
    """

    __tablename__ = "guarantee"
    __table_args__ = (
        UniqueConstraint("no", name="uq_guarantee_no"),
        Index("uq_guarantee_loan_id", "loan_id", unique=True, postgresql_where=text("status <> 'cancelled'")),
        CheckConstraint(f"status IN ({_listed(states.STATES)})", name="status_known"),
        CheckConstraint("share_percent > 0 AND share_percent <= 100", name="share_within_whole"),
        CheckConstraint("guaranteed > 0 AND guaranteed <= amount", name="guaranteed_within_loan"),
        CheckConstraint("liability >= 0 AND liability <= guaranteed", name="liability_within_guaranteed"),
        CheckConstraint("paid >= 0 AND paid <= guaranteed", name="paid_within_guaranteed"),
        CheckConstraint("budget_paid >= 0 AND budget_paid <= paid", name="budget_within_paid"),
        CheckConstraint("recovered >= 0 AND recovered <= paid", name="recovered_within_paid"),
        CheckConstraint("written_off >= 0 AND written_off <= paid", name="written_off_within_paid"),
        CheckConstraint(
            "num_nulls(issued_by, issued_on, contract_no)"
            " = CASE WHEN status = 'drafted' THEN 3 WHEN status = 'cancelled' THEN num_nulls(issued_by, issued_on,"
            " contract_no) ELSE 0 END",
            name="issue_whole",
        ),
        CheckConstraint("issued_by <> drafted_by", name="issuer_is_another"),
        CheckConstraint(
            "num_nulls(cancelled_by, cancelled_on) = CASE status WHEN 'cancelled' THEN 0 ELSE 2 END",
            name="cancellation_whole",
        ),
        CheckConstraint(
            "issued_by IS NULL OR cancelled_by NOT IN (drafted_by, issued_by)", name="issued_cancelled_by_third"
        ),
        CheckConstraint("budget_returned >= 0 AND budget_returned <= budget_paid", name="returned_within_budget"),
        CheckConstraint("write_off_approved_by <> write_off_proposed_by", name="write_off_by_two"),
        CheckConstraint("status <> 'written_off' OR write_off_approved_by IS NOT NULL", name="written_off_by_approval"),
        CheckConstraint("num_nulls(fee_paid_on, fee_reference) IN (0, 2)", name="fee_payment_whole"),
        Index("ix_guarantee_borrower", "borrower"),
    )

    no: Mapped[str]
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    product: Mapped[str]
    edition: Mapped[str]
    borrower: Mapped[str]
    bank: Mapped[str]
    status: Mapped[str]
    amount: Mapped[Decimal]
    """Principal of the loan's contract."""
    share_percent: Mapped[Decimal] = mapped_column(Numeric(7, 4))
    guaranteed: Mapped[Decimal]
    liability: Mapped[Decimal]
    budget_percent: Mapped[Decimal] = mapped_column(Numeric(7, 4))
    counter_guarantees: Mapped[list[dict[str, JsonValue]]] = mapped_column(JSONB)
    fee_percent: Mapped[Decimal] = mapped_column(Numeric(7, 4))
    fee_from: Mapped[date]
    fee_to: Mapped[date]
    fee: Mapped[Decimal]
    fee_paid_on: Mapped[date | None]
    fee_reference: Mapped[str | None]
    drafted_by: Mapped[str]
    drafted_on: Mapped[date]
    issued_by: Mapped[str | None]
    issued_on: Mapped[date | None]
    contract_no: Mapped[str | None]
    cancelled_by: Mapped[str | None]
    cancelled_on: Mapped[date | None]
    released_on: Mapped[date | None]
    paid: Mapped[Decimal] = mapped_column(default=ZERO)
    budget_paid: Mapped[Decimal] = mapped_column(default=ZERO)
    recovered: Mapped[Decimal] = mapped_column(default=ZERO)
    budget_returned: Mapped[Decimal] = mapped_column(default=ZERO)
    """What the treasury has confirmed to be back in the public fund."""
    written_off: Mapped[Decimal] = mapped_column(default=ZERO)
    write_off_reason: Mapped[str | None]
    write_off_document_no: Mapped[str | None]
    write_off_proposed_by: Mapped[str | None]
    write_off_proposed_on: Mapped[date | None]
    write_off_approved_by: Mapped[str | None]
    write_off_approved_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    decisions: Mapped[list[dict[str, JsonValue]]] = mapped_column(JSONB)

    @property
    def receivable(self) -> Decimal:
        """What the borrower still owes the guarantor, written off or not."""
        return self.paid - self.recovered


class GuaranteeClaim(HasMode, Aggregate, Base):
    """A bank asks the guarantor to pay its share of what a borrower in arrears owes (代偿)."""

    __tablename__ = "guarantee_claim"
    __table_args__ = (
        UniqueConstraint("no", name="uq_guarantee_claim_no"),
        UniqueConstraint("bank", "bank_reference", "livemode", name="uq_guarantee_claim_bank_reference"),
        UniqueConstraint("journal_entry_id", name="uq_guarantee_claim_journal_entry_id"),
        Index(
            "uq_guarantee_claim_live",
            "guarantee_id",
            unique=True,
            postgresql_where=text("status NOT IN ('refused', 'withdrawn')"),
        ),
        CheckConstraint(f"status IN ({_listed(states.CLAIM_STATES)})", name="status_known"),
        CheckConstraint("amount > 0 AND amount <= claimed AND claimed <= outstanding", name="amount_within_debt"),
        CheckConstraint("budget_amount >= 0 AND budget_amount <= amount", name="budget_within_amount"),
        CheckConstraint("accepted_by <> filed_by", name="accepter_is_another"),
        CheckConstraint("approved_by NOT IN (filed_by, accepted_by)", name="approver_is_another"),
        CheckConstraint("paid_by NOT IN (filed_by, approved_by)", name="payer_is_another"),
        CheckConstraint(
            "num_nulls(paid_by, paid_on, payment_reference) = CASE status WHEN 'paid' THEN 0 ELSE 3 END",
            name="payment_whole",
        ),
        CheckConstraint("(livemode AND status = 'paid') = (journal_entry_id IS NOT NULL)", name="booked_if_live"),
        Index("ix_guarantee_claim_loan_id", "loan_id"),
    )

    no: Mapped[str]
    guarantee_id: Mapped[UUID] = mapped_column(ForeignKey("guarantee.id"))
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    edition: Mapped[str]
    bank: Mapped[str]
    bank_reference: Mapped[str]
    status: Mapped[str]
    as_of: Mapped[date]
    days_in_arrears: Mapped[int]
    outstanding: Mapped[Decimal]
    """Principal at the claim."""
    claimed: Mapped[Decimal]
    amount: Mapped[Decimal]
    """What is to be paid: less than claimed where the borrower has paid since."""
    budget_amount: Mapped[Decimal]
    """Of it, out of the public guarantee fund."""
    reason: Mapped[str]
    filed_by: Mapped[str]
    filed_on: Mapped[date]
    accepted_by: Mapped[str | None]
    accepted_on: Mapped[date | None]
    approved_by: Mapped[str | None]
    approved_on: Mapped[date | None]
    paid_by: Mapped[str | None]
    paid_on: Mapped[date | None]
    payment_reference: Mapped[str | None]
    ended_by: Mapped[str | None]
    ended_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    journal_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    decisions: Mapped[list[dict[str, JsonValue]]] = mapped_column(JSONB)

    @property
    def public(self) -> bool:
        """Whether the public fund bears a part: then a bureau approves and the treasury pays."""
        return self.budget_amount > 0

    @property
    def budgeted(self) -> bool:
        """Whether it takes budget: claims in test mode take none."""
        return self.livemode and self.public


class GuaranteeRecovery(HasMode, Base):
    """Money from the borrower after a claim was paid (追偿), shared between guarantor and bank as the risk was."""

    __tablename__ = "guarantee_recovery"
    __table_args__ = (
        UniqueConstraint("guarantee_id", "line", name="uq_guarantee_recovery_line"),
        Index(
            "uq_guarantee_recovery_reference",
            "reference",
            "livemode",
            unique=True,
            postgresql_where=text("reversed_on IS NULL"),
        ),
        CheckConstraint("amount > 0 AND amount = guarantor_share + bank_share", name="shared_whole"),
        CheckConstraint("least(guarantor_share, bank_share, budget_share) >= 0", name="shares_not_negative"),
        CheckConstraint("budget_share <= guarantor_share", name="budget_within_share"),
        CheckConstraint("num_nulls(returned_by, returned_on, return_reference) IN (0, 3)", name="return_whole"),
        CheckConstraint("returned_by <> recorded_by", name="return_confirmed_by_another"),
        CheckConstraint(
            "num_nulls(reversal_proposed_by, reversal_proposed_on, reversal_reason_code, reversal_document_no)"
            " IN (0, 4)",
            name="proposal_whole",
        ),
        CheckConstraint("num_nulls(reversed_by, reversed_on) IN (0, 2)", name="reversal_whole"),
        CheckConstraint(
            "reversed_by IS NULL OR (reversal_proposed_by IS NOT NULL"
            " AND reversed_by NOT IN (recorded_by, reversal_proposed_by)"
            " AND (returned_by IS NULL OR reversed_by <> returned_by))",
            name="reversed_by_another",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    guarantee_id: Mapped[UUID] = mapped_column(ForeignKey("guarantee.id"))
    line: Mapped[int]
    amount: Mapped[Decimal]
    guarantor_share: Mapped[Decimal]
    bank_share: Mapped[Decimal]
    budget_share: Mapped[Decimal]
    """Of the guarantor's share, back to the public guarantee fund."""
    returned_by: Mapped[str | None]
    returned_on: Mapped[date | None]
    return_reference: Mapped[str | None]
    """The treasury has it."""
    reversal_proposed_by: Mapped[str | None]
    reversal_proposed_on: Mapped[date | None]
    reversal_reason_code: Mapped[str | None]
    reversal_document_no: Mapped[str | None]
    reversed_by: Mapped[str | None]
    reversed_on: Mapped[date | None]
    reversal_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    received_on: Mapped[date]
    reference: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(InstantColumn, default=utcnow)
    journal_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
