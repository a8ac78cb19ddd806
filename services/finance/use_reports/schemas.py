"""What is sent and answered about use reports."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import Field

from services.finance.grants.schemas import FiscalYear, Line, StepRequest
from services.finance.use_reports.states import STATES
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.money import Money

State = Literal["submitted", "returned", "accepted"]
assert get_args(State) == STATES, "the one list, spelled out for OpenAPI"
Points = Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2)]


class FiguresIn(Request):
    """The grant's figures at the end of the year, cumulative; yuan. They agree with the spending lines and what came
    back."""

    received: Money
    spent: Money
    ineligible: Money
    refunded: Money
    recovered: Money
    balance: Money


class IndicatorIn(Request):
    """One indicator of the performance self-review (绩效自评): what was aimed at, what was reached, and its points."""

    name: Line
    target: Line
    actual: Line
    weight: Points
    score: Points


class UseReportIn(Request):
    """The report on one year, with the self-review if there is one; weights come to a hundred."""

    year: FiscalYear
    figures: FiguresIn
    statement: Annotated[str, Field(min_length=1, max_length=5000)]
    indicators: list[IndicatorIn] = Field(default=[], max_length=50)
    submitted_on: date | None = None


class UseReportReturn(StepRequest):
    """Why a report is returned."""

    reason_code: Literal["figures_wrong", "statement_incomplete", "indicators_unsuitable", "evidence_missing", "other"]


class UseReportFilter(PageParams):
    """Filters of the list; newest first."""

    no: str | None = Field(default=None, max_length=40)
    grant_id: UUID | None = None
    centre_id: UUID | None = None
    year: FiscalYear | None = None
    status: State | None = None
    late: bool | None = None


class FiguresOut(Response):
    """The grant's figures at the end of a year, as the books have them now; yuan."""

    received: Money
    spent: Money
    ineligible: Money
    refunded: Money
    recovered: Money
    balance: Money


class UseReportItem(FiguresOut):
    """A use report; `late` if it was first handed in after `due_on`. `score` is of a hundred."""

    id: UUID
    no: str
    version: int
    grant_id: UUID
    centre_id: UUID
    fiscal_year: int
    year: int
    status: State
    due_on: date
    late: bool
    submission: int
    score: Decimal | None
    band: str | None
    submitted_on: date
    submitted_by: str
    decided_on: date | None
    decided_by: str | None
    reason_code: str | None
    created_at: datetime


class IndicatorOut(Response):
    """One indicator of the self-review."""

    name: str
    target: str
    actual: str
    weight: Decimal
    score: Decimal


class UseReportOut(UseReportItem):
    """One report with its statement, indicators and the rules applied."""

    statement: str
    indicators: list[IndicatorOut] | None
    decision: StoredDecision
