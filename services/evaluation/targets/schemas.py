"""The ledger of targets as JSON."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, PlainSerializer

from services.evaluation.targets.behind import RecordKind
from services.evaluation.targets.rules import tidy
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.policy.params import Number

Plain = Annotated[Decimal, PlainSerializer(lambda value: f"{tidy(value):f}", return_type=str, when_used="json")]
"""A number as people write it: without trailing zeros."""

DocumentNo = Annotated[str, Field(min_length=1, max_length=100)]
Division = Annotated[str, Field(min_length=1, max_length=20)]
Quarter = Annotated[int, Field(ge=1, le=4)]


class NewActual(Request):
    """A quarter's figure from the named document. A flow counts from the year's beginning; the city's total is what the
    document says, `by_division` what it says of counties and districts."""

    quarter: Quarter
    value: Number
    document_no: DocumentNo
    by_division: dict[Division, Number] = Field(default_factory=dict, max_length=50)
    entered_on: date | None = None


class Confirmation(Request):
    """A second person has compared the figure with its document."""

    confirmed_on: date | None = None


class Correction(Request):
    """Another figure for the same quarter, and why; it counts once confirmed."""

    value: Number
    document_no: DocumentNo
    reason_code: Literal["typing_error", "source_revised", "wrong_source", "counted_twice"]
    by_division: dict[Division, Number] = Field(default_factory=dict, max_length=50)
    entered_on: date | None = None


class TargetFilter(PageParams):
    """Filters of the ledger."""

    no: str | None = None
    item: str | None = None
    year: int | None = Field(default=None, ge=1, le=9999)
    source: str | None = None
    measure: str | None = None


class CoverageQuery(Request):
    """The year whose end is looked at, or the business day while it runs."""

    year: int = Field(ge=2000, le=2100)


class ActualOut(Response):
    """A figure as it was entered."""

    id: UUID
    quarter: int
    as_of_on: date
    value: Plain
    by_division: dict[str, Plain]
    document_no: str
    status: str
    corrects_id: UUID | None
    reason_code: str | None
    entered_on: date
    confirmed_on: date | None
    recorded_at: datetime


class PointOut(Response):
    """Where the target stood at a quarter's end, or stands today, and what that lets expect for the year's end."""

    quarter: int
    as_of_on: date
    value: Plain
    progress_percent: Plain | None
    forecast: Plain
    forecast_outcome: str


class TargetOut(Response):
    """A target, its latest figure that counts, and whether it is met; `outcome` is null without a figure.

    `lowest` is the figure from which it is met (to be exceeded where the operator is `more_than`), `highest` its upper
    end where there is one. `pending` is a figure that waits for its second person, `unknown_centres` how many centres a
    computed figure could not see.
    """

    id: UUID
    no: str
    version: int
    item: str
    title_zh: str
    title_en: str
    year: int
    edition: str
    clause: str
    operator: str
    value: Plain
    tolerance_percent: Plain
    lowest: Plain
    highest: Plain | None
    unit: str
    measure: str
    source: str
    quarter: int | None
    as_of_on: date | None
    actual: Plain | None
    document_no: str | None
    progress_percent: Plain | None
    outcome: str | None
    decision: StoredDecision | None
    forecast: Plain | None
    forecast_outcome: str | None
    forecast_formula: str
    by_division: dict[str, Plain]
    unknown_centres: int
    pending: ActualOut | None


class TargetDetail(TargetOut):
    """The target with its course over the quarters."""

    quarters: list[PointOut]


class TargetHistory(Response):
    """Everything ever entered for a target, oldest first, what was replaced included."""

    id: UUID
    no: str
    item: str
    year: int
    items: list[ActualOut]


class RecordOut(Response):
    """A record of the registry; `event_id` is the last event that told of it, where one stands for it alone."""

    kind: RecordKind
    id: UUID
    no: str | None
    event_id: UUID | None
    division: str | None


class TargetRecords(Response):
    """What a computed figure of the day was counted from: at most 500 records, and how many there are. Several records
    may make one: a firm in two pairs, a mentor on record twice, a division with two communities."""

    id: UUID
    no: str
    item: str
    year: int
    as_of_on: date
    total: int
    records: list[RecordOut]


class CommunityOut(Response):
    """A community on the day, with its accepted report of the year."""

    id: UUID
    no: str
    event_id: UUID
    sector: str
    base_centre_id: UUID
    status: str
    report_no: str | None
    report_event_id: UUID | None
    resident_jobs: int | None


class CommunityCoverage(Response):
    """4.4-1: a responsible division, its communities that are open or have lost their base, those with an accepted
    report of the year, and the residents' jobs in them."""

    division: str
    title_zh: str
    title_en: str
    opened: int
    suspended: int
    reports: int
    resident_jobs: int
    communities: list[CommunityOut]


class DivisionCoverage(Response):
    """A county or district, its listed centres, and whether that is enough (1.2-5)."""

    division: str
    title_zh: str
    title_en: str
    centres: int
    required: int
    decision: StoredDecision


class CoverageOut(Response):
    """1.2-5: every county and district, and the specialised centres of the city; 4.4-1: the responsible divisions with
    their communities, `community_gaps` those without an open one."""

    year: int
    as_of_on: date
    edition: str
    divisions: list[DivisionCoverage]
    gaps: list[str]
    specialised: TargetOut | None
    communities: list[CommunityCoverage]
    community_gaps: list[str]
