"""What is sent and answered about spending."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.finance.grants.schemas import Code, Line
from shared.document_claims import invoice_key
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.identifiers import UnifiedSocialCreditCode
from shared.money import Money, PositiveMoney, SignedMoney

VoucherNo = Annotated[str, Field(min_length=1, max_length=60)]
Status = Literal["planned", "made"]


class InvoiceIn(Request):
    """An invoice's key: code and eight-digit number, or the 20-digit number alone, and who sold.

    `amount` is the invoice's whole amount in yuan, where it is more than what is charged to the grant.
    """

    code: str | None = Field(default=None, pattern=r"^[0-9]{10}([0-9]{2})?$")
    number: str = Field(pattern=r"^([0-9]{8}|[0-9]{20})$")
    seller_code: UnifiedSocialCreditCode
    amount: PositiveMoney | None = None

    @model_validator(mode="after")
    def _code_goes_with_short_numbers(self) -> Self:
        if (self.code is None) != (len(self.number) == 20):
            raise PydanticCustomError("invoice_key", "an eight-digit number needs its code, a 20-digit one has none")
        return self

    @property
    def key(self) -> str:
        """What is claimed."""
        return invoice_key(self.seller_code, self.code, self.number)


class SpendingDocuments(Request):
    """What a payment that was made is proved with; `spent_on` is today unless sent."""

    voucher_no: VoucherNo
    invoice: InvoiceIn
    spent_on: date | None = None


class SpendingIn(Request):
    """A payment of the centre out of the grant: planned, to be checked before it is made, or made. `plan_line` is
    the line of the plan that it is part of."""

    status: Status = "made"
    purpose: Code
    description: Line
    amount: PositiveMoney
    plan_line: int | None = Field(default=None, ge=1, le=100)
    voucher_no: VoucherNo | None = None
    invoice: InvoiceIn | None = None
    spent_on: date | None = None

    @model_validator(mode="after")
    def _documents_go_with_made_payments(self) -> Self:
        missing = self.voucher_no is None or self.invoice is None
        sent = not (self.voucher_no is None and self.invoice is None and self.spent_on is None)
        if (self.status == "made" and missing) or (self.status == "planned" and sent):
            raise PydanticCustomError(
                "spending_documents", "a payment made has voucher_no and invoice, a planned one has neither"
            )
        return self

    def documents(self) -> SpendingDocuments | None:
        """What proves the payment; None for a planned one."""
        if self.voucher_no is None or self.invoice is None:
            return None
        return SpendingDocuments(voucher_no=self.voucher_no, invoice=self.invoice, spent_on=self.spent_on)


class SpendingFilter(PageParams):
    """Filters of a grant's spending lines."""

    status: Status | None = None
    eligible: bool | None = None


class SpendingOut(Response):
    """A spending line; `eligible` is false for money spent off purpose, which has a finding."""

    id: UUID
    grant_id: UUID
    line: int
    plan_line: int | None
    status: Status
    purpose: str
    description: str
    amount: Money
    eligible: bool
    voucher_no: str | None
    invoice_key: str | None
    spent_on: date | None
    recorded_by: str
    recorded_at: datetime


class PlanUseOut(Response):
    """A line of the plan against its payments; yuan. `remaining` is below zero where more was paid than planned."""

    line: int
    purpose: str
    description: str
    amount: Money
    planned: Money
    made: Money
    remaining: SignedMoney


class PlanOut(Response):
    """The plan against what was spent; `unassigned` are payments on purpose that name no line of it."""

    lines: list[PlanUseOut]
    unassigned: Money
