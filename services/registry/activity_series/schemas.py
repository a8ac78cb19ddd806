"""Brand series as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.registry.activities.schemas import Line, Word
from services.registry.activity_series.rules import STATUSES
from services.registry.codes import DocumentNo, ReasonCode, Remark
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord, OneOf


class OpenSeriesYear(Request):
    """A brand is announced for a year: its title (第三届…), the alliance through which it is run, and when."""

    year: int = Field(ge=2000, le=2100)
    title: Line
    alliance: Word | None = None
    planned_from: date
    planned_until: date


class CloseSeriesYear(Request):
    """All its activities are over and decided on; `document_no` is that of the summary."""

    document_no: DocumentNo
    closed_on: date | None = None


class CancelSeriesYear(Request):
    """The brand is not held in that year."""

    reason_code: ReasonCode
    remark: Remark | None = None
    cancelled_on: date | None = None


class YearInBriefOut(Response):
    """A brand's year: what was announced, and its activities by how they stand. `heads` are those of verified ones."""

    year: int
    title: str | None
    status: str | None
    alliance: str | None
    planned: int
    held: int
    verified: int
    cancelled: int
    heads: int
    winners: int


class ActivitySeriesOut(Response):
    """A brand, who leads it by which clause, and its years, the latest first."""

    id: UUID
    code: str
    title_zh: str
    title_en: str
    lead: str
    clause: str
    years: list[YearInBriefOut]


class SeriesYearOut(Response):
    """A year of a brand."""

    id: UUID
    version: int
    no: str
    series_id: UUID
    series: str
    year: int
    title: str
    lead: str
    alliance: str | None
    planned_from: date
    planned_until: date
    status: str
    opened_by: str
    closed_by: str | None
    closed_on: date | None
    document_no: str | None
    reason_code: str | None


class SeriesFilter(PageParams):
    """Filters of the brands."""

    code: Annotated[str, EditionWord(lambda edition: edition.activities.series)] | None = None


class SeriesYearFilter(PageParams):
    """Filters of a brand's years."""

    year: int | None = Field(default=None, ge=2000, le=2100)
    status: Annotated[str, OneOf(*STATUSES)] | None = None
