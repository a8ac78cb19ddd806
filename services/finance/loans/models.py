"""A loan, its partners and hires, the bank's refusal behind it, and who borrows together (3.2-3 to 3.2-5)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Numeric, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.base import Base
from services.finance.loans import states
from services.finance.loans.hires import Calculation, calculation_of
from shared.clock import utcnow
from shared.db import Aggregate, InstantColumn
from shared.ids import uuid7
from shared.livemode import HasMode
from shared.money import ZERO


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


_SIGNED = _listed((*states.SIGNED, states.CLOSED))


class Loan(Aggregate, HasMode, Base):
    """One loan; amounts in yuan, `rate` in percent a year.

    `borrower` is the enterprise's code at application, or the person's reference where there is no code; caps count by
    it. `approved` is what the department or the guarantor lets pass, and counts against the caps from then on; the
    bank and the contract may lower it. `committed` is what the loan holds of the caps now.
    """

    __tablename__ = "loan"
    __table_args__ = (
        UniqueConstraint("no", name="uq_loan_no"),
        CheckConstraint(f"status IN ({_listed(states.STATES)})", name="status_known"),
        CheckConstraint("num_nulls(enterprise_id, enterprise_code) IN (0, 2)", name="enterprise_whole"),
        CheckConstraint("enterprise_id IS NOT NULL OR person_ref IS NOT NULL", name="somebody_borrows"),
        CheckConstraint("requested > 0 AND tenor_months > 0", name="asked_for_something"),
        CheckConstraint("approved > 0 AND approved <= requested", name="approved_within_requested"),
        CheckConstraint("contracted > 0 AND contracted <= approved", name="contracted_within_approved"),
        CheckConstraint("disbursed >= 0 AND disbursed <= coalesce(contracted, 0)", name="disbursed_within_contract"),
        CheckConstraint("outstanding >= 0 AND outstanding <= disbursed", name="outstanding_within_disbursed"),
        CheckConstraint("committed >= 0 AND committed <= coalesce(contracted, approved, 0)", name="committed_known"),
        CheckConstraint("reviewed_by <> submitted_by", name="reviewer_is_another"),
        CheckConstraint("checked_by <> submitted_by AND checked_by <> reviewed_by", name="checker_is_another"),
        CheckConstraint("accepted_by NOT IN (submitted_by, checked_by)", name="bank_is_another"),
        CheckConstraint("contracted_by NOT IN (submitted_by, checked_by)", name="contract_by_another"),
        CheckConstraint(
            f"status NOT IN ({_SIGNED}) OR num_nulls(contracted, rate, contract_no, start_on, maturity_on,"
            " schedule_kind, contracted_by, contracted_on) = 0",
            name="contract_whole",
        ),
        CheckConstraint("maturity_on > start_on", name="contract_forward"),
        CheckConstraint("rate >= 0", name="rate_not_negative"),
        CheckConstraint(
            "status NOT IN ('refused', 'withdrawn') OR num_nulls(ended_by, ended_on) = 0", name="ended_whole"
        ),
        CheckConstraint("(status = 'refused') <= (reason_code IS NOT NULL)", name="refused_with_reason"),
        CheckConstraint("reviewed_on >= submitted_on AND checked_on >= submitted_on", name="dates_forward"),
        CheckConstraint(f"hire_window IN ({_listed(states.WINDOWS)})", name="hire_window_known"),
        CheckConstraint("num_nulls(hire_window, hire_window_by, hire_window_on) IN (0, 3)", name="hire_window_whole"),
        Index("uq_loan_contract", "bank", "contract_no", "livemode", unique=True),
        Index("ix_loan_borrower", "borrower"),
        Index("ix_loan_enterprise_id", "enterprise_id"),
        Index("ix_loan_person_ref", "person_ref"),
        Index("ix_loan_status", "status", "product"),
        Index("ix_loan_centre_id", "centre_id"),
        Index("ix_loan_bank", "bank", "status"),
        Index("ix_loan_group_id", "group_id"),
    )

    no: Mapped[str]
    product: Mapped[str]
    edition: Mapped[str]
    status: Mapped[str]
    department: Mapped[str]
    """Who checks it: a department of the edition."""
    guarantor: Mapped[bool]
    """Whether the guarantee company backs it: it accepts in the department's place (3.2-3)."""

    borrower: Mapped[str]
    enterprise_id: Mapped[UUID | None]
    enterprise_code: Mapped[str | None]
    person_ref: Mapped[str | None]
    """The graduate, or the partner who speaks for the others; a project's founder where there is no code."""
    project_id: Mapped[UUID | None]
    centre_id: Mapped[UUID | None]
    """Where the borrower sat on the day of application."""
    bank: Mapped[str]
    purpose: Mapped[str]
    requested: Mapped[Decimal]
    tenor_months: Mapped[int] = mapped_column(SmallInteger)
    approved: Mapped[Decimal | None]
    contracted: Mapped[Decimal | None]
    disbursed: Mapped[Decimal] = mapped_column(default=ZERO, server_default=text("0"))
    outstanding: Mapped[Decimal] = mapped_column(default=ZERO, server_default=text("0"))
    """Principal paid out and not repaid."""
    committed: Mapped[Decimal] = mapped_column(default=ZERO, server_default=text("0"))
    group_id: Mapped[UUID | None]
    """The joint group that an approved joint loan belongs to."""

    refusal_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_refusal.id"))
    figures: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB)
    """Of a year, for the size class, where the registry has none (3.2-4)."""
    staff: Mapped[int | None]
    """All employees on the day of application, hires included."""
    hire_calculation: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB)
    hire_window: Mapped[str | None]
    """The reading that an officer chose where the two differ."""
    hire_window_by: Mapped[str | None]
    hire_window_on: Mapped[date | None]
    hire_window_reason: Mapped[str | None]

    rate: Mapped[Decimal | None] = mapped_column(Numeric(7, 4))
    contract_no: Mapped[str | None]
    start_on: Mapped[date | None]
    maturity_on: Mapped[date | None]
    schedule_kind: Mapped[str | None]

    created_by: Mapped[str]
    submitted_by: Mapped[str | None]
    submitted_on: Mapped[date | None]
    reviewed_by: Mapped[str | None]
    reviewed_on: Mapped[date | None]
    checked_by: Mapped[str | None]
    """Of the department, or of the guarantor."""
    checked_on: Mapped[date | None]
    accepted_by: Mapped[str | None]
    """Of the bank."""
    accepted_on: Mapped[date | None]
    contracted_by: Mapped[str | None]
    contracted_on: Mapped[date | None]
    disbursed_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    ended_by: Mapped[str | None]
    ended_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    consents: Mapped[dict[str, dict[str, str]]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    """Who of the persons has agreed to these terms, by reference: `by` whose account and `on` which day."""
    eligibility: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB)
    """As of the application."""
    check_decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB)
    bank_decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB)
    contract_decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB)

    delisted_on: Mapped[date | None]
    """The centre left the list while the loan was open; a contract that was made stays."""
    delisting_case_id: Mapped[UUID | None]

    @property
    def consented_refs(self) -> list[str]:
        """Who of the persons has agreed."""
        return sorted(self.consents)

    @property
    def calculation(self) -> Calculation | None:
        """3.2-4: the hire ratio as it was last calculated."""
        return None if self.hire_calculation is None else calculation_of(self.hire_calculation)

    @property
    def hires_counted(self) -> int | None:
        """By the reading that counts, in which alone a bank sees the hires."""
        calculation = self.calculation
        return None if calculation is None else calculation.reading(self.hire_window).counted


class LoanPartner(Base):
    """Who borrows jointly; the first one speaks for the others (3.2-5)."""

    __tablename__ = "loan_partner"
    __table_args__ = (
        UniqueConstraint("loan_id", "position", name="uq_loan_partner_position"),
        Index("ix_loan_partner_person_ref", "person_ref"),
    )

    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"), primary_key=True)
    person_ref: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger)


class JointMember(Base):
    """The one joint group of a person, from the first approval of its loan until its last is closed (3.2-5)."""

    __tablename__ = "joint_member"
    __table_args__ = (Index("ix_joint_member_group_id", "group_id"),)

    livemode: Mapped[bool] = mapped_column(primary_key=True)
    person_ref: Mapped[str] = mapped_column(primary_key=True)
    group_id: Mapped[UUID]


class LoanHire(Base):
    """A person whom the borrower has hired, as it was sent (3.2-4). Class and identity evidence are sealed under the
    key `key_id`, bound to this row; nothing of them is in the clear."""

    __tablename__ = "loan_hire"
    __table_args__ = (
        UniqueConstraint("loan_id", "line", name="uq_loan_hire_line"),
        CheckConstraint("contract_to >= contract_from", name="contract_forward"),
        CheckConstraint("left_on >= hired_on", name="left_after_hired"),
        Index("ix_loan_hire_key_id", "key_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loan.id"))
    line: Mapped[int]
    person_ref: Mapped[str | None]
    hired_on: Mapped[date]
    contract_from: Mapped[date]
    contract_to: Mapped[date | None]
    """Last day; None for a contract without a term."""
    insured: Mapped[bool]
    dispatched: Mapped[bool]
    left_on: Mapped[date | None]
    sealed_evidence: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str]
    evidence_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    """HMAC of the identity number, by which one person is counted once."""


class BankRefusal(HasMode, Base):
    """A bank has refused a borrower on a day; what a guaranteed loan is opened with (3.2-3)."""

    __tablename__ = "bank_refusal"
    __table_args__ = (
        CheckConstraint(f"source IN ({_listed(states.EVIDENCE_SOURCES)})", name="source_known"),
        CheckConstraint("(source = 'referral') = (referral_id IS NOT NULL)", name="referral_named"),
        CheckConstraint("source <> 'document' OR document_no IS NOT NULL", name="document_named"),
        UniqueConstraint("referral_id", name="uq_bank_refusal_referral_id"),
        Index("ix_bank_refusal_borrower", "borrower", "refused_on"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    borrower: Mapped[str]
    bank: Mapped[str]
    refused_on: Mapped[date]
    reason_code: Mapped[str]
    source: Mapped[str]
    referral_id: Mapped[UUID | None]
    document_no: Mapped[str | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(InstantColumn, default=utcnow)
