"""Communities and their reports as JSON."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, PlainSerializer

from services.registry.codes import DocumentNo, Name, ReasonCode, Remark
from services.registry.communities.rules import PROPOSALS, REPORT_STATUSES, STATUSES
from services.registry.names.schemas import SearchText
from services.registry.texts import NoMobile
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import DivisionCode, EditionWord, OneOf

Word = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
Sector = EditionWord(lambda edition: edition.communities.sectors.value)
Figure = Annotated[Decimal, Field(ge=0, max_digits=16, decimal_places=2, examples=["1200000.00"])]
FigureOut = Annotated[Decimal, PlainSerializer(str, return_type=str, when_used="json")]
"""What the edition counts of an element, in its unit."""

PlainText = Annotated[str, Field(min_length=1, max_length=2000), NoMobile]
Jobs = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]


class ProposeCommunity(Request):
    """A community of the caller's division around one of its centres."""

    name: Annotated[Name, NoMobile]
    base_centre_id: UUID
    sector: Word
    proposed_on: date | None = None


class OpenCommunity(Request):
    """The division's decision; `opened_on`: a day in the past."""

    document_no: DocumentNo
    opened_on: date | None = None


class RefuseCommunity(Request):
    """Why it is not opened."""

    reason_code: ReasonCode
    remark: Remark | None = None


class ProposeMove(Request):
    """To another centre of the division, or to the same one where it stands on the list again."""

    base_centre_id: UUID
    reason_code: ReasonCode
    remark: Remark | None = None


class ProposeClosing(Request):
    """Why it should be closed."""

    reason_code: ReasonCode
    remark: Remark | None = None


class DecideChange(Request):
    """The decision on the move or closing that waits; `decided_on`: a day in the past."""

    document_no: DocumentNo
    decided_on: date | None = None


class PublicCommunityOut(Response):
    """A community as everybody reads it."""

    id: UUID
    no: str
    name: str
    base_centre_id: UUID
    base_since: date | None
    sector: str
    division: str
    status: str
    opened_on: date | None
    closed_on: date | None


class CommunityOut(PublicCommunityOut):
    """A community as the division, its centre and the bureaus read it."""

    version: int
    proposed_by: str
    proposed_on: date
    decided_by: str | None
    document_no: str | None
    suspended_on: date | None
    reason_code: str | None
    open_proposal: Annotated[str, OneOf(*PROPOSALS)] | None
    proposed_centre_id: UUID | None
    change_reason: str | None
    change_by: str | None
    change_on: date | None
    edition: str
    remark: str | None = None


class CommunityFilter(PageParams):
    """Filters of the list; `on`: communities that were open or suspended on that day."""

    no: str | None = None
    division: Annotated[str, DivisionCode] | None = None
    sector: Annotated[str, Sector] | None = None
    status: Annotated[str, OneOf(*STATUSES)] | None = None
    base_centre_id: UUID | None = None
    on: date | None = None
    q: SearchText | None = None
    sort: Literal["proposed", "-proposed", "name", "-name"] = "proposed"


class ElementIn(Request):
    """What was done for one element, counted in the edition's unit, and the papers that show it."""

    text: PlainText
    figure: Figure | None = None
    evidence_ids: Annotated[list[UUID], Field(max_length=20)] = Field(default_factory=list)


class DraftReport(Request):
    """The report of one of one's own communities for a year that has begun."""

    community_id: UUID
    year: Annotated[int, Field(strict=True, ge=2000, le=2100)]


class AmendReport(Request):
    """Elements left out stay as they are; papers are added to the draft and then named as evidence."""

    elements: Annotated[dict[Word, ElementIn], Field(max_length=20)] | None = None
    resident_jobs: Jobs | None = None


class ReturnReport(Request):
    """Why it is sent back."""

    reason_code: ReasonCode
    remark: Remark | None = None


class AcceptReport(Request):
    """`accepted_on`: a day in the past."""

    accepted_on: date | None = None


class SeeReport(Request):
    """`seen_on`: a day in the past."""

    seen_on: date | None = None


class ElementOut(Response):
    """One element of a report."""

    text: str
    figure: FigureOut | None
    evidence_ids: list[UUID]


class CommunityReportOut(Response):
    """A report; `missing` names what a draft still lacks to be handed in."""

    id: UUID
    version: int
    no: str
    community_id: UUID
    centre_id: UUID
    year: int
    status: str
    elements: dict[str, ElementOut]
    resident_jobs: int | None
    missing: list[str]
    due_on: date
    late: bool | None
    drafted_by: str
    first_submitted_on: date | None
    submitted_by: str | None
    submitted_on: date | None
    accepted_by: str | None
    accepted_on: date | None
    seen_by: str | None
    seen_on: date | None
    reason_code: str | None
    edition: str
    remark: str | None = None


class ReportFilter(PageParams):
    """Filters of the list; `late`: handed in after its day, or not at all by then."""

    no: str | None = None
    community_id: UUID | None = None
    division: Annotated[str, DivisionCode] | None = None
    year: int | None = Field(default=None, ge=2000, le=2100)
    status: Annotated[str, OneOf(*REPORT_STATUSES)] | None = None
    late: bool | None = None
    sort: Literal["year", "-year"] = "-year"


class DueFilter(PageParams):
    """Reports of which year."""

    year: int = Field(ge=2000, le=2100)


class DueCommunityReportOut(Response):
    """A community that was open in the year and whose report is not accepted; `status` is none where it was not even
    begun."""

    community_id: UUID
    no: str
    name: str
    division: str
    year: int
    due_on: date
    status: str | None
    overdue: bool
