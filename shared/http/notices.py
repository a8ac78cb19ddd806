"""Public notices and their objections as JSON, the same in every service that puts cases on notice (公示)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.money import Money

DocumentNo = Annotated[str, Field(min_length=1, max_length=100)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Statement = Annotated[str, Field(min_length=1, max_length=2000)]
Outcome = Literal["upheld", "dismissed"]


class NoticeIn(Request):
    """Puts a case on public notice; bureaus may say since which past day it hangs on paper, with the paper's
    `document_no`."""

    starts_on: date | None = None
    document_no: DocumentNo | None = None


class ObjectionIn(Request):
    """`signatory` is who signed; only officers may leave it out, for what reached them unsigned. `received_on`: the day
    a paper came in, for bureaus only."""

    signatory: Name | None = None
    text: Statement
    received_on: date | None = None


class ObjectionAnswer(Request):
    """The bureau's answer to a signed objection."""

    outcome: Outcome
    text: Statement
    answered_on: date | None = None


class TermWarning(Response):
    """What the working days were counted without: no national or regional calendar of a year, or unconfirmed days."""

    code: str
    year: int
    days: list[date]


class NoticeOut(Response):
    """The newest notice of a case; `amount` is what is proposed, in yuan. `leads` is for the bureaus only."""

    id: UUID
    version: int
    subject_kind: str
    subject_id: UUID
    no: str
    name: str
    amount: Money | None
    round: int
    starts_on: date
    last_day: date
    objections_until: date
    first_decision_day: date
    document_no: str | None
    warnings: list[TermWarning]
    announced: bool
    objections: int
    unanswered: int
    leads: int | None


class ObjectionOut(Response):
    """An objection as the bureaus see it, and whoever raised it; the applicant does not see who did (`signatory` and
    the accounts are null)."""

    id: UUID
    version: int
    notice_id: UUID
    signed: bool
    signatory: str | None
    text: str | None
    received_on: date
    recorded_by: str | None
    outcome: Outcome | None
    answer: str | None
    answered_by: str | None
    answered_on: date | None


class ObjectionFilter(PageParams):
    """Filters of a notice's objections."""

    signed: bool | None = None
    outcome: Outcome | None = None
