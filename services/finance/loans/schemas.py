"""What is sent and answered about loans."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self, get_args
from uuid import UUID

from pydantic import Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from services.finance.grants.schemas import Code, FiscalYear, Line, PapersIn, StepRequest
from services.finance.loans import states
from shared.http.paging import PageParams
from shared.http.schemas import Request
from shared.http.words import EditionWord
from shared.identifiers import UnifiedSocialCreditCode
from shared.money import Money, PositiveMoney

Product = Literal["guaranteed", "small_micro_startup", "graduate", "graduate_joint"]
assert get_args(Product) == states.PRODUCTS, "the one list, spelled out for OpenAPI"
State = Literal[
    "draft",
    "submitted",
    "reviewed",
    "department_checked",
    "guarantor_accepted",
    "bank_accepted",
    "contracted",
    "disbursed",
    "repaying",
    "closed",
    "refused",
    "withdrawn",
    "in_claim",
    "in_recovery",
]
assert get_args(State) == states.STATES, "likewise"
Window = Literal["rolling", "calendar"]
assert get_args(Window) == states.WINDOWS, "likewise"
ScheduleKind = Literal["equal_principal", "equal_instalment", "bullet"]
assert get_args(ScheduleKind) == states.SCHEDULES, "likewise"
EvidenceSource = Literal["referral", "bank", "document"]
assert get_args(EvidenceSource) == states.EVIDENCE_SOURCES, "likewise"
RefusalReason = Literal[
    "incomplete_documents",
    "not_eligible",
    "credit_record",
    "insufficient_repayment_capacity",
    "insufficient_collateral",
    "no_counter_guarantee",
    "untrue_statements",
    "not_in_centre",
    "duplicate",
    "no_funds",
    "other",
]

BankCode = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,11}$", examples=["CCB"])]
PersonRef = Annotated[str, Field(min_length=1, max_length=100)]
DocumentNo = Annotated[str, Field(min_length=1, max_length=100)]
Reason = Annotated[str, Field(min_length=1, max_length=500)]
Tenor = Annotated[int, Field(ge=1, le=360)]
Rate = Annotated[Decimal, Field(ge=0, le=100, max_digits=7, decimal_places=4, examples=["4.3500"])]
HireClass = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$", examples=["veteran"])]
IdentityNumber = Annotated[SecretStr, Field(min_length=1, max_length=40)]
MAX_HIRES = 1000


class RefusalIn(Request):
    """3.2-3: a bank's refusal, by its letter."""

    bank: BankCode
    refused_on: date
    reason_code: Code
    document_no: DocumentNo


class BankRefusalIn(Request):
    """The same as the bank itself or the finance bureau records it, for a borrower by code or person reference."""

    enterprise_code: UnifiedSocialCreditCode | None = None
    person_ref: PersonRef | None = None
    bank: BankCode | None = None
    refused_on: date
    reason_code: Code
    document_no: DocumentNo | None = None

    @model_validator(mode="after")
    def _one_borrower(self) -> Self:
        if (self.enterprise_code is None) == (self.person_ref is None):
            raise PydanticCustomError("one_borrower", "either enterprise_code or person_ref")
        return self


class FiguresIn(Request):
    """3.2-4: a year's figures for the size class, where the registry has none; yuan."""

    year: FiscalYear
    staff: int = Field(ge=0, le=10_000_000)
    income: Money
    assets: Money | None = None


class BorrowingIn(Request):
    """What is wanted, by whom, and with which evidence."""

    amount: PositiveMoney
    tenor_months: Tenor
    project_id: UUID | None = None
    partners: list[PersonRef] = Field(default_factory=list, max_length=20)
    """The others who borrow jointly."""
    figures: FiguresIn | None = None
    refusal: RefusalIn | None = None
    refusal_id: UUID | None = None
    referral_id: UUID | None = None

    @model_validator(mode="after")
    def _one_refusal(self) -> Self:
        if sum(given is not None for given in (self.refusal, self.refusal_id, self.referral_id)) > 1:
            raise PydanticCustomError("one_refusal", "one of refusal, refusal_id and referral_id")
        return self


class Borrower(Request):
    """Parties borrow for themselves; a bureau that enters paper says for whom."""

    product: Product
    enterprise_code: UnifiedSocialCreditCode | None = None
    person_ref: PersonRef | None = None


class LoanTermsIn(BorrowingIn):
    """What may change as long as it is a draft."""

    bank: BankCode
    purpose: Line


class LoanIn(Borrower, LoanTermsIn):
    """An application. With `submit` it is applied for at once, on `submitted_on`, which only a bureau sends."""

    submit: bool = False
    submitted_on: date | None = None


class HireFacts(Request):
    """3.2-4: a hire; `contract_to` and `left_on` are last days, without a term or still employed they are absent."""

    hire_class: HireClass
    person_ref: PersonRef | None = None
    hired_on: date
    contract_from: date
    contract_to: date | None = None
    insured: bool
    dispatched: bool
    left_on: date | None = None

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.contract_to is not None and self.contract_to < self.contract_from:
            raise PydanticCustomError("contract_backward", "contract_to is before contract_from")
        if self.left_on is not None and self.left_on < self.hired_on:
            raise PydanticCustomError("left_before_hired", "left_on is before hired_on")
        return self


class HireIn(HireFacts):
    """With the number of the identity card, or a person the registry knows; both are sealed."""

    id_number: IdentityNumber | None = None

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if self.id_number is None and self.person_ref is None:
            raise PydanticCustomError("hire_unnamed", "id_number or person_ref: without either nobody is counted once")
        return self


class HiresIn(Request):
    """The whole list; it takes the place of the one before. `staff` are all employees on the day of application."""

    staff: int = Field(ge=1, le=10_000_000)
    hires: list[HireIn] = Field(max_length=MAX_HIRES)


class EligibilityIn(Borrower, BorrowingIn):
    """An application that is not made; hires without a number."""

    staff: int | None = Field(default=None, ge=1, le=10_000_000)
    hires: list[HireFacts] = Field(default_factory=list, max_length=MAX_HIRES)


class SubmitIn(StepRequest):
    """`decided_on` is the day of application; only a bureau sends it."""


class ConsentIn(Request):
    """Whether the caller agrees to borrow; `given` false takes it back."""

    given: bool = True


class WindowIn(StepRequest):
    """3.2-4: which reading of "hired in the year" counts, and why."""

    window: Window
    reason: Reason


class ApprovalIn(StepRequest):
    """The amount that is let through, at most what was asked for, which it is unless sent."""

    amount: PositiveMoney | None = None


class DepartmentApprovalIn(ApprovalIn, PapersIn):
    """The same with the papers of the department's decision."""


class GuarantorAcceptanceIn(ApprovalIn):
    """`refusal_seen`: the borrower's letter of refusal was compared with what was entered (3.2-3)."""

    refusal_seen: bool = False


class ContractIn(Request):
    """As signed with the bank; `rate` in percent a year, `signed_on` today unless sent."""

    contract_no: DocumentNo
    signed_on: date | None = None
    amount: PositiveMoney
    rate: Rate
    start_on: date
    maturity_on: date
    schedule_kind: ScheduleKind


class LoanRefusalIn(StepRequest):
    """Why it is refused."""

    reason_code: RefusalReason


class LoanFilter(PageParams):
    """Filters of the list."""

    no: str | None = Field(default=None, max_length=40)
    product: Annotated[str, EditionWord(lambda edition: edition.loans.products)] | None = None
    status: State | None = None
    department: Code | None = None
    bank: BankCode | None = None
    enterprise_code: UnifiedSocialCreditCode | None = None
    person_ref: PersonRef | None = None
    centre_id: UUID | None = None
    contract_no: DocumentNo | None = None
    submitted_from: date | None = None
    submitted_to: date | None = None
    delisted: bool | None = None
    sort: Literal["no", "-no", "-submitted_on"] = "-no"


class BankRefusalFilter(PageParams):
    """Filters of the refusals on record."""

    bank: BankCode | None = None
    borrower: str | None = Field(default=None, max_length=100)
    source: EvidenceSource | None = None
