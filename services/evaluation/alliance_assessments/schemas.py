"""Alliances' work and its assessment as JSON."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.policy.params import Number, Slug

Text = Annotated[str, Field(min_length=1, max_length=200)]
DocumentNo = Annotated[str, Field(min_length=1, max_length=100)]


def _tenths(value: Decimal) -> Decimal:
    if value != round(value, 1):
        raise ValueError("a mark has at most one decimal")
    return value


Mark = Annotated[Number, AfterValidator(_tenths)]


class NewRecord(Request):
    """Something that an alliance did: what, when, how many took part, and what shows it."""

    alliance: Slug
    kind: Slug
    held_on: date
    title: Text
    participants: int = Field(default=0, ge=0, le=1_000_000)
    evidence: Annotated[list[Text], Field(min_length=1, max_length=50)]


class Strike(Request):
    """Why a record does not count."""

    reason_code: Literal["wrong_entry", "entered_twice", "not_proven", "not_by_the_alliance"]


class NewAssessment(Request):
    """The sheet of a year: a mark for every item of the edition."""

    alliance: Slug
    year: int = Field(ge=2000, le=2100)
    marks: dict[Slug, Mark] = Field(max_length=50)


class AssessmentPatch(Request):
    """Other marks."""

    marks: dict[Slug, Mark] = Field(max_length=50)


class Return(Request):
    """Why the sheet is not confirmed as it is."""

    reason_code: Literal["marks_not_justified", "records_missing", "records_not_proven"]
    returned_on: date | None = None


class AssessmentConfirmation(Request):
    """A second person stands by the sheet."""

    confirmed_on: date | None = None


class AssessmentPublication(Request):
    """The document that makes it known."""

    document_no: DocumentNo
    published_on: date | None = None


class RecordFilter(PageParams):
    """Filters of the records."""

    no: str | None = None
    alliance: str | None = None
    kind: str | None = None
    status: str | None = None
    activity_id: UUID | None = None
    held_from: date | None = None
    held_until: date | None = None


class AssessmentFilter(PageParams):
    """Filters of the sheets."""

    no: str | None = None
    alliance: str | None = None
    year: int | None = None
    status: str | None = None
    grade: str | None = None


class RecordOut(Response):
    """A record of an alliance's work."""

    id: UUID
    no: str
    version: int
    alliance: str
    kind: str
    held_on: date
    title: str
    participants: int
    evidence: list[str]
    status: str
    reason_code: str | None
    recorded_on: date
    activity_id: UUID | None
    """The registry's verified activity that it came of by itself."""


class ItemOut(Response):
    """An item of a sheet."""

    item: str
    title_zh: str
    title_en: str
    mark: Decimal
    full_mark: Decimal


class AssessmentOut(Response):
    """A year's sheet. `records_by_kind` are the records it rests on: as of now until it is confirmed, then those of
    `record_ids`. `members_by_type` are the alliance's members at the year's end, of a year that runs those of now."""

    id: UUID
    no: str
    version: int
    alliance: str
    alliance_zh: str
    alliance_en: str
    year: int
    edition: str
    status: str
    items: list[ItemOut]
    score: Decimal
    grade: str
    decision: StoredDecision
    records_by_kind: dict[str, int]
    members_by_type: dict[str, int]
    record_ids: list[UUID]
    reason_code: str | None
    drafted_on: date
    confirmed_on: date | None
    document_no: str | None
    published_on: date | None
