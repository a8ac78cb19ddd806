"""What is sent and answered about signed commitments."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import Field

from services.finance.grants.schemas import Line, StepDecision, StepRequest
from services.finance.signed_commitments.states import STATES
from services.finance.spending.schemas import SpendingDocuments
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.identifiers import UnifiedSocialCreditCode
from shared.money import Money, PositiveMoney

State = Literal["filed", "reviewed", "honoured", "settled", "refused", "lapsed"]
assert get_args(State) == STATES, "the one list, spelled out for OpenAPI"
DocumentNo = Annotated[str, Field(min_length=1, max_length=100, examples=["拉科发〔2021〕7号"])]


class CommitmentIn(Request):
    """A contract signed before the delisting that the grant was to pay."""

    contract_no: Annotated[str, Field(min_length=1, max_length=100)]
    counterparty_code: UnifiedSocialCreditCode
    description: Line
    signed_on: date
    amount: PositiveMoney
    filed_on: date | None = None


class CommitmentReview(StepRequest):
    """What the officer would honour; 0.00 proposes a refusal."""

    proposed: Money


class CommitmentHonouring(StepRequest):
    """What may be paid, by which document."""

    honoured: PositiveMoney
    document_no: DocumentNo | None = None


class CommitmentRefusal(StepRequest):
    """Why it is not honoured, or why what is not paid yet is promised no longer."""

    reason_code: Literal["signed_too_late", "off_purpose", "no_performance", "can_be_cancelled", "other"]
    document_no: DocumentNo | None = None


class CommitmentSettlement(SpendingDocuments):
    """A payment on an honoured contract, with its voucher and invoice."""

    amount: PositiveMoney


class CommitmentFilter(PageParams):
    """Filters of the list; newest first."""

    no: str | None = Field(default=None, max_length=40)
    grant_id: UUID | None = None
    centre_id: UUID | None = None
    status: State | None = None


class CommitmentItem(Response):
    """A signed commitment; yuan."""

    id: UUID
    no: str
    version: int
    grant_id: UUID
    centre_id: UUID
    fiscal_year: int
    delisting_case_id: UUID
    contract_no: str
    counterparty_code: str
    description: str
    signed_on: date
    amount: Money
    proposed: Money | None
    honoured: Money | None
    settled: Money
    status: State
    filed_on: date
    filed_by: str
    reviewed_on: date | None
    reviewed_by: str | None
    decided_on: date | None
    decided_by: str | None
    ended_on: date | None
    ended_by: str | None
    document_no: str | None
    reason_code: str | None
    created_at: datetime


class CommitmentOut(CommitmentItem):
    """One commitment with the rules applied at each step."""

    decisions: list[StepDecision]
