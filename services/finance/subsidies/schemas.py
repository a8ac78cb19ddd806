"""What is sent and answered about interest subsidies and prime rates."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import Field, JsonValue, computed_field

from services.finance.exposures.links import borrowers_link
from services.finance.grants.schemas import FiscalYear, StepDecision, StepRequest
from services.finance.servicing.schemas import Rate
from services.finance.subsidies import states
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.money import Money, SignedMoney

State = Literal["prepared", "approved", "paid", "refused"]
assert get_args(State) == states.STATES, "the one list, spelled out for OpenAPI"
LineState = Literal["prepared", "approved", "paid", "recovered", "refused"]
assert get_args(LineState) == states.LINE_STATES, "likewise"
LineKind = Literal["regular", "correction"]
assert get_args(LineKind) == states.KINDS, "likewise"
RateState = Literal["recorded", "confirmed", "refused"]
assert get_args(RateState) == states.RATE_STATES, "likewise"
Department = Literal["finance", "hr"]
RefusalReason = Literal["figures_changed", "wrong_rate", "documents_missing", "no_budget", "other"]

Quarter = Annotated[int, Field(ge=1, le=4)]
Reference = Annotated[str, Field(min_length=1, max_length=64, examples=["拉财拨〔2020〕31号"])]


class PrimeRateIn(Request):
    """The one-year loan prime rate from a day on, as published; percent a year."""

    effective_on: date
    rate: Annotated[Decimal, Field(gt=0, lt=100, max_digits=7, decimal_places=4)]
    source: Annotated[str, Field(min_length=1, max_length=200)]


class SubsidyStatementIn(Request):
    """Compute what a department's loans are due for a quarter, and what earlier quarters are to be corrected by."""

    year: FiscalYear
    quarter: Quarter
    department: Department


class SubsidyRefusal(StepRequest):
    """Why it is not paid."""

    reason_code: RefusalReason


class SubsidyPayment(Request):
    """The payment that was made: its day, today unless sent, and the treasury's document."""

    paid_on: date | None = None
    reference: Reference


class SubsidyRecovery(Request):
    """What was paid too much has come back."""

    recovered_on: date | None = None
    reference: Reference


class PrimeRateFilter(PageParams):
    """The latest first."""

    status: RateState | None = None


class SubsidyStatementFilter(PageParams):
    """Filters of the list; newest first unless sorted otherwise."""

    no: str | None = Field(default=None, max_length=40)
    year: FiscalYear | None = None
    quarter: Quarter | None = None
    department: Department | None = None
    status: State | None = None
    sort: Literal["no", "-no", "created", "-created"] = "-created"


class SubsidyLineFilter(PageParams):
    """Lines over statements, in the order computed; a borrower's and a bank's own."""

    statement_id: UUID | None = None
    loan_id: UUID | None = None
    year: FiscalYear | None = None
    quarter: Quarter | None = None
    kind: LineKind | None = None
    status: LineState | None = None


class PrimeRateOut(Response):
    """A published rate; only a confirmed one counts."""

    id: UUID
    version: int
    effective_on: date
    rate: Rate
    source: str
    status: RateState
    recorded_by: str
    recorded_on: date
    decided_by: str | None
    decided_on: date | None


class SubsidyStatementOut(Response):
    """What a department lets pay for a quarter; yuan. `to_recover` is the sum of corrections that come back."""

    id: UUID
    no: str
    version: int
    year: int
    quarter: int
    department: str
    edition: str
    status: State
    lines: int
    total: Money
    to_recover: Money
    recovered: Money
    budget_year: int | None
    prepared_by: str
    prepared_on: date
    approved_by: str | None
    approved_on: date | None
    paid_by: str | None
    paid_on: date | None
    payment_reference: str | None
    ended_by: str | None
    ended_on: date | None
    reason_code: str | None
    created_at: datetime
    updated_at: datetime


class SubsidyStatementDetail(SubsidyStatementOut):
    """With the rules applied at each step; lines are read with their list."""

    decisions: list[StepDecision]


class SubsidyLineOut(Response):
    """A loan's subsidy of a quarter. `calculation` has the rates and, for each stretch of days, the principal."""

    id: UUID
    version: int
    statement_id: UUID
    loan_id: UUID
    loan_no: str
    borrower: str
    year: int
    quarter: int
    sequence: int
    kind: LineKind
    status: LineState
    entitled: Money
    amount: SignedMoney
    calculation: dict[str, JsonValue]
    settled_by: str | None
    settled_on: date | None
    reference: str | None
    journal_entry_id: UUID | None
    decision: StoredDecision

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way with properties
    @property
    def exposure(self) -> str | None:
        """Where everything is that the borrower has."""
        return borrowers_link(self.borrower)
