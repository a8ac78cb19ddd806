"""What is sent and answered about loans after their contract."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, Self, get_args
from uuid import UUID

from pydantic import Field, PlainSerializer, model_validator
from pydantic_core import PydanticCustomError

from services.finance.grants.schemas import Line
from services.finance.servicing import arrears, states
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.money import ZERO, Money, PositiveMoney

Basis = Literal["drawdown", "bank_plan", "early_payment", "restructured", "extension"]
assert get_args(Basis) == states.BASES, "the one list, spelled out for OpenAPI"
PaymentKind = Literal["payment", "reversal", "recovery"]
assert get_args(PaymentKind) == states.PAYMENT_KINDS, "likewise"
ArrearsClass = Literal["current", "days_1_30", "days_31_90", "days_over_90"]
assert get_args(ArrearsClass) == arrears.CLASSES, "likewise"
ReversalReason = Literal["wrong_amount", "wrong_loan", "duplicate", "bounced", "other"]

BankReference = Annotated[str, Field(min_length=1, max_length=64, examples=["FK202004150001"])]
Rate = Annotated[Decimal, PlainSerializer(lambda rate: f"{rate.normalize():f}", return_type=str, when_used="json")]
"""Percent a year."""


class Nothing(Request):
    """A step without particulars."""


class LoanDrawdownIn(Request):
    """A tranche that the bank has paid out, by the bank's own number. `every_months` is the interval of instalments."""

    amount: PositiveMoney
    drawn_on: date
    bank_reference: BankReference
    every_months: int | None = Field(default=None, ge=1, le=12)


class LoanPaymentIn(Request):
    """Money of the borrower as the bank allocated it. `early`: it lowers the principal ahead of the schedule, which is
    computed anew; else it meets the instalments in their order."""

    principal: Money = ZERO
    interest: Money = ZERO
    penalty: Money = ZERO
    paid_on: date
    bank_reference: BankReference
    early: bool = False

    @model_validator(mode="after")
    def _some_money(self) -> Self:
        if not self.principal + self.interest + self.penalty:
            raise PydanticCustomError("some_money", "principal, interest or penalty must be more than 0.00")
        if self.early and not self.principal:
            raise PydanticCustomError("early_principal", "an early payment has principal")
        return self


class LoanPaymentReversalIn(Request):
    """A payment that did not arrive, or belongs elsewhere, is taken back whole."""

    bank_reference: BankReference
    reversed_on: date
    reason_code: ReversalReason


class PlannedInstalmentIn(Request):
    """An instalment of a bank's own plan; `due_on` is the working day unless sent."""

    nominal_on: date
    due_on: date | None = None
    principal: Money = ZERO
    interest: Money = ZERO


class LoanScheduleIn(Request):
    """Another schedule: the bank's own instalments for what is left, or restructured terms from a day on (重组), which
    take in what is overdue."""

    changed_on: date
    reason: Line
    instalments: list[PlannedInstalmentIn] | None = Field(default=None, min_length=1, max_length=400)
    matures_on: date | None = None
    method: Literal["equal_principal", "equal_instalment", "bullet"] | None = None
    every_months: int | None = Field(default=None, ge=1, le=12)

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.instalments is None) == (self.matures_on is None):
            raise PydanticCustomError("one_plan", "either instalments or matures_on of restructured terms")
        if self.instalments is not None and (self.method or self.every_months):
            raise PydanticCustomError("one_plan", "method and every_months go with matures_on")
        return self


class LoanExtensionIn(Request):
    """More time (展期), agreed before the maturity."""

    agreed_on: date
    matures_on: date
    bank_reference: BankReference
    reason: Line


class LoanDrawdownOut(Response):
    """A tranche; yuan."""

    id: UUID
    loan_id: UUID
    line: int
    bank: str
    bank_reference: str
    amount: Money
    drawn_on: date
    recorded_by: str
    recorded_at: datetime
    journal_entry_id: UUID | None
    decision: StoredDecision


class LoanPaymentOut(Response):
    """A payment, one taken back, or recovered money; `reversed_on` is set on a payment that was taken back."""

    id: UUID
    loan_id: UUID
    line: int
    kind: PaymentKind
    bank: str
    bank_reference: str
    principal: Money
    interest: Money
    penalty: Money
    paid_on: date
    reverses_id: UUID | None
    reversed_on: date | None
    reason_code: str | None
    recorded_by: str
    recorded_at: datetime
    journal_entry_id: UUID | None
    decision: StoredDecision


class LoanExtensionOut(Response):
    """`matured_on` is the maturity before."""

    id: UUID
    loan_id: UUID
    line: int
    bank: str
    bank_reference: str
    agreed_on: date
    matured_on: date
    matures_on: date
    rate: Rate
    reason: str
    recorded_by: str
    recorded_at: datetime
    decision: StoredDecision


class LoanInstalmentOut(Response):
    """`nominal_on` by the contract, `due_on` on a working day; `open` is what the money received leaves unpaid."""

    no: int
    nominal_on: date
    due_on: date
    principal: Money
    interest: Money


class LoanScheduleOut(Response):
    """A revision of the schedule with its instalments; the last revision holds."""

    loan_id: UUID
    revision: int
    basis: Basis
    method: str
    rate: Rate
    every_months: int
    changed_on: date
    matures_on: date
    principal: Money
    reason: str | None
    recorded_by: str
    recorded_at: datetime
    instalments: list[LoanInstalmentOut]


class LoanArrearsOut(Response):
    """What is due and unpaid at the end of `on`; `since` is the due day of the oldest unmet instalment."""

    on: date
    principal: Money
    interest: Money
    since: date | None
    days: int
    arrears_class: ArrearsClass


class LoanServicingOut(Response):
    """A loan after its contract; yuan. `undrawn` may still be paid out, `committed` is what it holds of its cap."""

    loan_id: UUID
    loan_no: str
    version: int
    status: str
    product: str
    bank: str
    borrower: str
    contracted: Money
    disbursed: Money
    undrawn: Money
    outstanding: Money
    committed: Money
    repaid_principal: Money
    repaid_interest: Money
    penalty: Money
    rate: Rate
    start_on: date
    maturity_on: date
    disbursed_on: date | None
    closed_on: date | None
    revision: int | None
    next_due_on: date | None
    next_due_amount: Money | None
    guarantee_id: UUID | None
    guarantee_status: str | None
    arrears: LoanArrearsOut
    extensions: list[LoanExtensionOut]


class ServicingFilter(Request):
    """The standing on a day, today unless sent."""

    on: date | None = None


class LoanPaymentFilter(PageParams):
    """Lines in the order recorded."""

    kind: PaymentKind | None = None
    paid_from: date | None = None
    paid_to: date | None = None


class ScheduleFilter(Request):
    """A revision, the one that holds unless sent."""

    revision: int | None = Field(default=None, ge=1)


class ArrearsFilter(PageParams):
    """Loans that are behind today, the longest first."""

    arrears_class: ArrearsClass | None = None
    product: Annotated[str, Field(max_length=60)] | None = None
    bank: Annotated[str, Field(max_length=40)] | None = None
    enterprise_code: Annotated[str, Field(max_length=18)] | None = None


class OverdueLoanOut(Response):
    """A loan that is behind today."""

    loan_id: UUID
    loan_no: str
    product: str
    bank: str
    borrower: str
    status: str
    outstanding: Money
    since: date
    days: int
    arrears_class: ArrearsClass
