"""What is sent and answered about support for alliances."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self, get_args
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.finance.alliance_support import states
from services.finance.angel_funds.schemas import DocumentNo
from services.finance.grants.schemas import Code, FiscalYear, Line, MoneyDecision, StepRequest
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord
from shared.identifiers import UnifiedSocialCreditCode
from shared.money import Money, PositiveMoney

State = Literal["applied", "reviewed", "approved", "paid", "reported", "closed", "refused"]
assert get_args(State) == states.STATES, "the one list, spelled out for OpenAPI"
RefusalReason = Literal[
    "incomplete_documents", "not_eligible", "no_budget", "withdrawn_by_applicant", "duplicate", "other"
]
Alliance = Annotated[str, EditionWord(lambda edition: edition.alliances.kinds)]
Reference = Annotated[str, Field(min_length=1, max_length=60)]


class SupportFacts(Request):
    """What an alliance asks for, by which of its activities."""

    alliance: Alliance
    year: FiscalYear
    amount: PositiveMoney
    record_ids: list[UUID] = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _cited_once(self) -> Self:
        if len(set(self.record_ids)) < len(self.record_ids):
            raise PydanticCustomError("activity_once", "an activity is cited once")
        return self


class SupportApplication(SupportFacts):
    """The same with the body that leads the alliance and gets the money."""

    recipient_code: UnifiedSocialCreditCode
    recipient_name: Line
    applied_on: date | None = None


class SupportApproval(MoneyDecision):
    """What is approved, by which document and minutes."""

    amount: PositiveMoney
    document_no: DocumentNo


class SupportRefusal(StepRequest):
    """Why it is refused."""

    reason_code: RefusalReason


class SupportPayment(Request):
    """The treasury's payment."""

    reference: Reference
    paid_on: date | None = None


class UseLineIn(Request):
    """What was paid for, by which voucher."""

    purpose: Code
    description: Line
    amount: PositiveMoney
    voucher_no: Reference


class UseReportIn(StepRequest):
    """What the money was used for."""

    document_no: DocumentNo
    lines: list[UseLineIn] = Field(default=[], max_length=500)


class RefundConfirmation(Request):
    """The slip by which what was not used came in, whole."""

    reference: Reference
    received_on: date | None = None


class SupportFilter(PageParams):
    """Filters of the list."""

    no: str | None = Field(default=None, max_length=40)
    alliance: Alliance | None = None
    year: FiscalYear | None = None
    status: State | None = None
    sort: Literal["no", "-no"] = "-no"


class SupportOut(Response):
    """Support for an alliance in a year; yuan."""

    id: UUID
    no: str
    version: int
    alliance: str
    year: int
    edition: str
    status: State
    reason_code: str | None
    recipient_code: str
    recipient_name: str
    assessment_id: UUID
    requested: Money
    approved: Money | None
    paid: Money
    spent: Money
    refunded: Money
    document_no: str | None
    applied_on: date
    reviewed_on: date | None
    approved_on: date | None
    paid_on: date | None
    report_document_no: str | None
    ended_on: date | None
    created_at: datetime
    updated_at: datetime


class StepTaken(Response):
    """The rules applied at one step."""

    step: str
    decision: StoredDecision


class UseLineOut(Response):
    """What was paid for."""

    purpose: str
    description: str
    amount: Money
    voucher_no: str


class CitedOut(Response):
    """An activity that the support cites."""

    id: UUID
    no: str | None
    kind: str | None
    held_on: date | None
    title: str | None


class SupportDetail(SupportOut):
    """With the activities, who took which step, and the rules applied."""

    activities: list[CitedOut]
    fiscal_year: int | None
    applied_by: str
    reviewed_by: str | None
    approved_by: str | None
    paid_by: str | None
    payment_reference: str | None
    report_lines: list[UseLineOut]
    reported_by: str | None
    reported_on: date | None
    report_accepted_by: str | None
    refund_reference: str | None
    refund_confirmed_by: str | None
    refund_confirmed_on: date | None
    decisions: list[StepTaken]
