"""What is sent and answered about financing rewards."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, Self, get_args
from uuid import UUID

from pydantic import Field, computed_field, model_validator
from pydantic_core import PydanticCustomError

from services.finance.angel_funds.schemas import BankSlipNo, DocumentNo
from services.finance.exposures.links import exposure_link
from services.finance.financing_rewards import states
from services.finance.grants.schemas import Code, Line, MoneyDecision, StepRequest
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.identifiers import UnifiedSocialCreditCode
from shared.money import Money, PositiveMoney

State = Literal[
    "applied",
    "reviewed",
    "approved",
    "paid",
    "rechecked",
    "in_recovery",
    "closed",
    "refused",
    "cancelled",
]
assert get_args(State) == states.STATES, "the one list, spelled out for OpenAPI"
Outcome = Literal["kept", "returned"]
assert get_args(Outcome) == states.OUTCOMES, "likewise"
RefusalReason = Literal[
    "incomplete_documents", "not_eligible", "no_budget", "withdrawn_by_applicant", "duplicate", "other"
]
Percent = Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2, examples=["0"])]


class ExceptionIn(Request):
    """Why the principle is left, and where it was decided."""

    reason: Line
    minutes_no: DocumentNo


class InvestmentFacts(Request):
    """An investment that the enterprise received, and the reward asked for."""

    centre_id: UUID
    enterprise_code: UnifiedSocialCreditCode
    investor_code: UnifiedSocialCreditCode
    investor_type: Code
    investment_amount: PositiveMoney
    arrived_on: date
    capital_registered_on: date
    prior_holding_percent: Percent = Decimal(0)
    requested: PositiveMoney
    exception_asked: Line | None = None
    """Why more than the principle is asked for; whether it is an exception the review says, by the minutes."""


class RewardApplication(InvestmentFacts):
    """The same with the papers that prove it."""

    investor_name: Line
    agreement_no: DocumentNo
    bank_slip_no: BankSlipNo
    capital_document_no: DocumentNo
    applied_on: date | None = None


class RewardReview(StepRequest):
    """What an officer found about the parties, and in which paper; an exception is made here alone, by its minutes."""

    relation_document_no: DocumentNo
    same_representative: bool
    prior_holding_percent: Percent
    exception: ExceptionIn | None = None


class RewardApproval(MoneyDecision):
    """What is approved, by which document and minutes."""

    amount: PositiveMoney
    document_no: DocumentNo


class RewardRefusal(StepRequest):
    """Why it is refused."""

    reason_code: RefusalReason


class RewardPayment(Request):
    """The treasury's payment."""

    reference: Annotated[str, Field(min_length=1, max_length=60)]
    paid_on: date | None = None


class Recheck(StepRequest):
    """Whether the capital is still there, by which paper."""

    outcome: Outcome
    document_no: DocumentNo


class MoneyIn(Request):
    """Money that came back."""

    amount: PositiveMoney
    reference: Annotated[str, Field(min_length=1, max_length=60)]
    received_on: date | None = None


class RewardFilter(PageParams):
    """Filters of the list; `recheck_due_to` finds paid ones to be looked at by that day."""

    no: str | None = Field(default=None, max_length=40)
    centre_id: UUID | None = None
    enterprise_code: UnifiedSocialCreditCode | None = None
    investor_code: UnifiedSocialCreditCode | None = None
    status: State | None = None
    exception: bool | None = None
    recheck_due_to: date | None = None
    sort: Literal["no", "-no"] = "-no"

    @model_validator(mode="after")
    def _due_of_paid_ones(self) -> Self:
        if self.recheck_due_to is not None and self.status not in (None, "paid"):
            raise PydanticCustomError("recheck_of_paid", "only paid rewards are to be looked at again")
        return self


class RewardOut(Response):
    """A reward; yuan. `approved` counts against the cap over the enterprise's life."""

    id: UUID
    no: str
    version: int
    centre_id: UUID
    enterprise_id: UUID
    enterprise_code: str
    edition: str
    status: State
    reason_code: str | None
    investor_code: str
    investor_name: str
    investor_type: str
    investment_amount: Money
    agreement_no: str
    bank_slip_no: str
    arrived_on: date
    capital_registered_on: date
    requested: Money
    approved: Money | None
    paid: Money
    recovery_due: Money
    recovered: Money
    is_exception: bool
    document_no: str | None
    applied_on: date
    reviewed_on: date | None
    approved_on: date | None
    paid_on: date | None
    recheck_due_on: date | None
    recheck_outcome: Outcome | None
    ended_on: date | None
    created_at: datetime
    updated_at: datetime


class StepTaken(Response):
    """The rules applied at one step."""

    step: str
    decision: StoredDecision


class RewardDetail(RewardOut):
    """With papers, who took which step, and the rules applied."""

    capital_document_no: str
    prior_holding_percent: Decimal
    relation_document_no: str | None
    exception_asked: str | None
    exception_reason: str | None
    exception_minutes_no: str | None
    fiscal_year: int | None
    applied_by: str
    reviewed_by: str | None
    approved_by: str | None
    second_approved_by: str | None
    second_approved_on: date | None
    countersigned_by: str | None
    countersigned_on: date | None
    paid_by: str | None
    payment_reference: str | None
    recheck_document_no: str | None
    rechecked_by: str | None
    rechecked_on: date | None
    recheck_confirmed_by: str | None
    decisions: list[StepTaken]

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way with properties
    @property
    def exposure(self) -> str:
        """Where everything is that the enterprise has."""
        return exposure_link(self.enterprise_code)
