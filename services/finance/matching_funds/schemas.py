"""What is sent and answered about matching funds."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self, get_args
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.finance.grants.schemas import Code, FiscalYear, Line, StepRequest
from services.finance.matching_funds import states
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import DivisionCode, EditionWord
from shared.identifiers import UnifiedSocialCreditCode
from shared.money import Money, PositiveMoney

State = Literal["recorded", "approved", "refused"]
assert get_args(State) == states.STATES, "the one list, spelled out for OpenAPI"
LineState = Literal["recorded", "confirmed", "refused"]
assert get_args(LineState) == states.LINE_STATES, "likewise"
Kind = Literal["spending", "reversal"]
assert get_args(Kind) == states.KINDS, "likewise"
RefusalReason = Literal["wrong_amount", "document_missing", "not_in_budget", "withdrawn", "other"]
SpendingRefusalReason = Literal["wrong_amount", "wrong_recipient", "duplicate", "voucher_missing", "not_paid", "other"]
ReversalReason = Literal["returned_by_recipient", "wrong_amount", "wrong_recipient", "duplicate", "other"]

DocumentNo = Annotated[str, Field(min_length=1, max_length=100, examples=["城财发〔2019〕12号"])]
VoucherNo = Annotated[str, Field(min_length=1, max_length=60, examples=["记-0012"])]
Division = Annotated[str, DivisionCode, Field(examples=["540102"])]
Purpose = Annotated[str, EditionWord(lambda edition: edition.matching_funds.purposes)]


class BudgetAmount(Request):
    """An amount by the document that provides it; bureaus may say on which past day it was recorded."""

    document_no: DocumentNo
    amount: PositiveMoney
    recorded_on: date | None = None


class BudgetIn(BudgetAmount):
    """The first amount of a year."""

    year: FiscalYear


class BudgetRefusal(StepRequest):
    """Why the amount is not approved."""

    reason_code: RefusalReason


class SpendingIn(Request):
    """A payment that was made, to a centre or to an enterprise of the division; `spent_on` is today unless sent."""

    amount: PositiveMoney
    purpose: Code
    description: Line
    centre_id: UUID | None = None
    enterprise_code: UnifiedSocialCreditCode | None = None
    voucher_no: VoucherNo
    document_no: DocumentNo | None = None
    spent_on: date | None = None

    @model_validator(mode="after")
    def _one_recipient(self) -> Self:
        if (self.centre_id is None) == (self.enterprise_code is None):
            raise PydanticCustomError("one_recipient", "either centre_id or enterprise_code")
        return self


class SpendingDecision(StepRequest):
    """A second person has seen the payment's voucher."""


class SpendingRefusal(StepRequest):
    """Why the payment does not count; its amount can be spent again."""

    reason_code: SpendingRefusalReason


class ReversalIn(Request):
    """The payment is taken back whole, by a voucher of its own; `reversed_on` is today unless sent."""

    reason_code: ReversalReason
    voucher_no: VoucherNo
    document_no: DocumentNo | None = None
    reversed_on: date | None = None


class FundFilter(PageParams):
    """Filters of the list; `pending` finds those where an amount waits for approval, or where none does."""

    no: str | None = Field(default=None, max_length=40)
    division: Division | None = None
    year: FiscalYear | None = None
    status: State | None = None
    pending: bool | None = None
    sort: Literal["division", "-year", "no", "-no"] = "-year"


class LineFilter(PageParams):
    """Filters of payments and reversals, in the order recorded; `spent_from` and `spent_to` inclusive."""

    division: Division | None = None
    year: FiscalYear | None = None
    kind: Kind | None = None
    status: LineState | None = None
    purpose: Purpose | None = None
    centre_id: UUID | None = None
    enterprise_code: UnifiedSocialCreditCode | None = None
    spent_from: date | None = None
    spent_to: date | None = None


class FundLineFilter(PageParams):
    """Filters of one year's lines."""

    kind: Kind | None = None
    status: LineState | None = None
    purpose: Purpose | None = None
    centre_id: UUID | None = None


class RevisionOut(Response):
    """An amount recorded for the year, and what a second person made of it."""

    revision: int
    status: State
    document_no: str
    amount: Money
    recorded_by: str
    recorded_on: date
    decided_by: str | None
    decided_on: date | None
    reason_code: str | None
    decision: StoredDecision | None


class FundOut(Response):
    """Matching funds of a division and year; yuan. `budget` is the approved amount, zero before the first approval;
    `waiting` is what payments hold that wait for their second person, `remaining` budget less spent and waiting.
    `pending_*` is the amount that waits for approval."""

    id: UUID
    no: str
    version: int
    division: str
    year: int
    edition: str
    status: State
    revision: int
    document_no: str | None
    budget: Money
    spent: Money
    waiting: Money
    remaining: Money
    approved_by: str | None
    approved_on: date | None
    first_approved_on: date | None
    pending_document_no: str | None
    pending_amount: Money | None
    reason_code: str | None
    created_at: datetime
    updated_at: datetime


class FundDetail(FundOut):
    """With every amount ever recorded, the first one first."""

    revisions: list[RevisionOut]


class LineOut(Response):
    """A payment or a reversal. Each is `recorded` until somebody else has confirmed it, and booked from then on;
    `reversed_on` is set on a payment that was taken back."""

    id: UUID
    fund_id: UUID
    line: int
    kind: Kind
    status: LineState
    amount: Money
    purpose: str
    description: str
    centre_id: UUID | None
    enterprise_code: str | None
    voucher_no: str
    document_no: str | None
    spent_on: date
    reverses_id: UUID | None
    reversed_on: date | None
    reason_code: str | None
    recorded_by: str
    recorded_at: datetime
    decided_by: str | None
    decided_on: date | None
    refusal_reason: str | None
    journal_entry_id: UUID | None
    decision: StoredDecision


class LineItem(LineOut):
    """The same in a list over divisions and years."""

    fund_no: str
    division: str
    year: int
