"""What is sent and answered about calls."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self, get_args
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.finance.calls.states import STATES
from services.finance.grants.schemas import FiscalYear, StepRequest
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import Tier

DocumentNo = Annotated[str, Field(min_length=1, max_length=100, examples=["拉科发〔2019〕12号"])]
State = Literal["drafted", "published", "refused"]
assert get_args(State) == STATES, "the one list, spelled out for OpenAPI"


class GrantCallIn(Request):
    """A call for one fiscal year: its document, its window, and the tiers that may apply."""

    fiscal_year: FiscalYear
    document_no: DocumentNo
    opens_on: date
    closes_on: date
    tiers: list[Annotated[str, Tier]] = Field(min_length=1, max_length=20)
    drafted_on: date | None = None

    @model_validator(mode="after")
    def _window_is_forward(self) -> Self:
        if self.closes_on < self.opens_on:
            raise PydanticCustomError("call_window", "the last day does not lie before the first")
        if len(set(self.tiers)) != len(self.tiers):
            raise PydanticCustomError("call_tiers", "each tier is named once")
        return self


class GrantCallRefusal(StepRequest):
    """Why a draft is not published."""

    reason_code: Literal["window_unsuitable", "tiers_unsuitable", "document_wrong", "other"]


class GrantCallFilter(PageParams):
    """Filters of the list; newest first. `open_on`: published calls that take applications on that day."""

    no: str | None = Field(default=None, max_length=40)
    fiscal_year: FiscalYear | None = None
    status: State | None = None
    open_on: date | None = None


class GrantCallOut(Response):
    """A call (申报通知); the accounts are null for the public."""

    id: UUID
    no: str
    version: int
    fiscal_year: int
    edition: str
    document_no: str
    opens_on: date
    closes_on: date
    tiers: list[str]
    purposes: list[str]
    status: State
    drafted_on: date
    drafted_by: str | None
    decided_on: date | None
    decided_by: str | None
    reason_code: str | None
    created_at: datetime
