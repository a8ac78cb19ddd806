"""What is sent and answered about repayments."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import Field

from services.finance.grants.schemas import FiscalYear, StepDecision, StepRequest
from services.finance.repayments import states
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.identifiers import UnifiedSocialCreditCode
from shared.money import Money

State = Literal["due", "prepared", "approved", "countersigned", "paid", "cancelled"]
assert get_args(State) == states.STATES, "the one list, spelled out for OpenAPI"


class Return(StepRequest):
    """Sent back to be prepared again, and why."""

    reason_code: Literal["payee_to_check", "amount_to_check", "documents_missing", "other"]


class RepaymentPayment(Request):
    """The payment that was made: its day, today unless sent, and the number of the treasury's document."""

    paid_on: date | None = None
    document_no: Annotated[str, Field(min_length=1, max_length=60)]


class RepaymentFilter(PageParams):
    """Filters of the list; newest first unless sorted otherwise."""

    no: str | None = Field(default=None, max_length=40)
    grant_id: UUID | None = None
    centre_id: UUID | None = None
    delisting_case_id: UUID | None = None
    fiscal_year: FiscalYear | None = None
    payee_code: UnifiedSocialCreditCode | None = None
    status: State | None = None
    sort: Literal["no", "-no", "created", "-created"] = "-created"


class RepaymentOut(Response):
    """Recovered money that goes back to the operator it came from, because the delisting was reversed; yuan.

    `recovery_entry_id` is the journal entry of the recovery, `journal_entry_id` that of the payment.
    """

    id: UUID
    no: str
    version: int
    grant_id: UUID
    centre_id: UUID
    fiscal_year: int
    edition: str
    delisting_case_id: UUID
    remedy_id: UUID | None
    basis_document_no: str | None
    recovery_entry_id: UUID
    recovered: Money
    recovered_on: date
    amount: Money
    payee_code: str
    status: State
    reason_code: str | None
    opened_on: date
    prepared_on: date | None
    prepared_by: str | None
    approved_on: date | None
    approved_by: str | None
    countersigned_on: date | None
    countersigned_by: str | None
    paid_on: date | None
    paid_by: str | None
    document_no: str | None
    journal_entry_id: UUID | None
    ended_on: date | None
    cancelled_by_case_id: UUID | None
    created_at: datetime
    updated_at: datetime


class RepaymentDetail(RepaymentOut):
    """With the rules applied at each step."""

    decisions: list[StepDecision]
