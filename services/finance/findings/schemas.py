"""What is sent and answered about findings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import Field

from services.finance.findings.states import STATES
from services.finance.grants.schemas import StepRequest
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.money import Money

State = Literal["open", "answered", "confirmed", "dismissed"]
assert get_args(State) == STATES, "the one list, spelled out for OpenAPI"


class FindingReplyIn(Request):
    """What the centre answers; a bureau enters a reply on paper, or that none came, with its day."""

    statement: Annotated[str, Field(min_length=1, max_length=2000)]
    replied_on: date | None = None


class Confirmation(StepRequest):
    """A finding stands; after the policy's last day it names the document under which this goes on (6-1)."""

    continuation_basis: str | None = Field(default=None, min_length=1, max_length=200)


class Dismissal(StepRequest):
    """A finding is dropped, with the reason."""

    reason_code: Literal["shown_on_purpose"]


class FindingFilter(PageParams):
    """Filters of the list; newest first."""

    no: str | None = Field(default=None, max_length=40)
    grant_id: UUID | None = None
    centre_id: UUID | None = None
    fiscal_year: int | None = Field(default=None, ge=2000, le=2999)
    status: State | None = None


class FindingItem(Response):
    """A finding (疑点) on a spending line; yuan. `outcome` are the rules under which it was confirmed or dropped."""

    id: UUID
    no: str
    version: int
    grant_id: UUID
    centre_id: UUID
    fiscal_year: int
    spending_line_id: UUID
    kind: str
    status: State
    amount: Money
    opened_on: date
    opened_by: str
    decision: StoredDecision
    replied_on: date | None
    replied_by: str | None
    decided_on: date | None
    decided_by: str | None
    reason_code: str | None
    outcome: StoredDecision | None
    created_at: datetime


class FindingOut(FindingItem):
    """One finding with the reply; None before it came or once it was erased."""

    reply: str | None = None
