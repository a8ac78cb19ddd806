"""Surveys, forms, answers and summaries as sent and shown."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from services.vouchers.schemas import CaseNo, Division, Year
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import DivisionCode
from shared.money import Money

Count = Annotated[int, Field(ge=0, le=100_000)]
Comment = Annotated[str, Field(min_length=1, max_length=1000)]


class SurveyNew(Request):
    """A survey of the enterprises that used an issuer's vouchers in a year. An issuer's people leave `issuer_division`
    out; `due_on` is the edition's term unless sent."""

    year: Year
    issuer_division: Annotated[Division, DivisionCode] | None = None
    due_on: date | None = None


class SurveyOut(Response):
    """A survey; how many enterprises are asked and how many have answered."""

    id: UUID
    no: str
    issuer_division: str
    year: int
    status: str
    asked: int
    answered: int
    due_on: date
    opened_on: date
    closed_on: date | None


class SurveyFilter(PageParams):
    """Filters of the list."""

    no: CaseNo | None = None
    issuer_division: Division | None = None
    year: Year | None = None
    status: Literal["open", "closed"] | None = None


class AnswerIn(Request):
    """What came of the services in the enterprise's own account; sent again, it counts instead of the one before.
    `income` is what they brought in, in yuan; `satisfaction` from 1 to 5."""

    jobs_created: Count
    ip_applied: Count
    ip_granted: Count
    income: Money
    satisfaction: Annotated[int, Field(ge=1, le=5)]
    comment: Comment | None = None


class AnswerOut(Response):
    """One version of an answer."""

    revision: int
    jobs_created: int
    ip_applied: int
    ip_granted: int
    income: Money
    satisfaction: int
    comment: str | None
    answered_on: date


class FormItem(Response):
    """Who is asked, on what use; never what was answered."""

    id: UUID
    survey_id: UUID
    issuer_division: str
    year: int
    enterprise_id: UUID
    status: str
    revision: int
    uses: int
    captured: Money


class FormOut(FormItem):
    """A form with its answers, the one that counts first; for the enterprise itself and the auditor."""

    due_on: date
    answers: list[AnswerOut]


class FormFilter(PageParams):
    """Filters of the list."""

    survey_id: UUID | None = None
    issuer_division: Division | None = None
    year: Year | None = None
    enterprise_id: UUID | None = None
    status: Literal["asked", "answered"] | None = None


class SummaryQuery(Request):
    """The year whose closed surveys are summed."""

    year: Year
    issuer_division: Annotated[Division, DivisionCode] | None = None


class SummaryFigures(Response):
    """Sums over enterprises; null where too few answered. `satisfaction` is the mean, to two places."""

    respondents: int | None
    jobs_created: int | None
    ip_applied: int | None
    ip_granted: int | None
    income: Money | None
    satisfaction: str | None


class SummaryLine(SummaryFigures):
    """One issuer; `issuer_division` is null for those put together because each has too few."""

    issuer_division: str | None
    surveys: int


class SummaryOut(Response):
    """What came of a year's vouchers. Issuers with fewer respondents than the least stand in one line together, which
    stays empty where they are too few even so; the totals are over what is shown."""

    exported: ClassVar[str] = "items"

    year: int
    least_respondents: int
    items: list[SummaryLine]
    totals: SummaryFigures
