"""Activities as JSON."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, computed_field
from pydantic_core import PydanticCustomError

from services.registry.activities.rules import ORGANISERS, STATUSES, VERIFIED
from services.registry.codes import ReasonCode, Remark
from services.registry.texts import check_no_mobile
from shared.clock import BUSINESS_ZONE
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import DivisionCode, EditionWord, OneOf
from shared.money import Money

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?")
_YEARS = range(2000, 2101)


def city_time(value: object) -> datetime:
    """An instant; one without an offset is a time of the city. Raises PydanticCustomError `datetime_parsing`."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise PydanticCustomError("datetime_parsing", "not a time such as 2019-06-05T09:30")
    try:
        told = datetime.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("datetime_parsing", "not a time such as 2019-06-05T09:30") from None
    if told.year not in _YEARS:
        raise PydanticCustomError("datetime_parsing", "not a time of this century")
    return (told if told.tzinfo else told.replace(tzinfo=BUSINESS_ZONE)).astimezone(UTC)


def one_line(text: str) -> str:
    """Raises PydanticCustomError `mobile_number` for a mobile number; line breaks become spaces."""
    return " ".join(check_no_mobile(text).split())


CityTime = Annotated[
    datetime,
    BeforeValidator(city_time, json_schema_input_type=str),
    Field(description="RFC 3339; without an offset a time of the city", examples=["2019-06-05T09:30:00+08:00"]),
]
Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(one_line)]
"""A text that the public calendar shows: in one line, without a person's telephone number."""

Word = Annotated[str, Field(min_length=1, max_length=64)]
Audiences = Annotated[list[Word], Field(min_length=1, max_length=10)]
Heads = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Evidence = Annotated[list[UUID], Field(max_length=50)]


class PlanActivity(Request):
    """An activity of one's own centre (`centre_id`), division, bureau (`department`) or alliance, to come or past.

    `alliance` also names the one through which somebody else holds it; an activity of a brand takes that of the
    brand's year where none is sent. `on_calendar` false keeps it out of the public calendar.
    """

    title: Line
    organiser_kind: Annotated[str, OneOf(*ORGANISERS)]
    organiser_role: Word = "host"
    centre_id: UUID | None = None
    division: Word | None = None
    department: Word | None = None
    alliance: Word | None = None
    series: Word | None = None
    level: Word
    audiences: Audiences
    place: Line
    starts_at: CityTime
    ends_at: CityTime
    on_calendar: StrictBool = True


class AmendActivity(Request):
    """Fields left out stay as they are. Attendance, spend and evidence once it was held."""

    title: Line | None = None
    organiser_role: Word | None = None
    alliance: Word | None = None
    series: Word | None = None
    level: Word | None = None
    audiences: Audiences | None = None
    place: Line | None = None
    starts_at: CityTime | None = None
    ends_at: CityTime | None = None
    on_calendar: StrictBool | None = None
    heads: Heads | None = None
    spend: Money | None = None
    photo_ids: Evidence | None = None
    paper_ids: Evidence | None = None


class HoldActivity(Request):
    """It took place: how many came and, where it cost something, what was spent, in yuan."""

    heads: Heads
    spend: Money | None = None


class SubmitActivity(Request):
    """The report. `photo_ids` and `paper_ids` are those documents of the activity that show it; left out they stay as
    they are. `late_reason` after the window, and `submitted_on`: for bureaus only."""

    photo_ids: Evidence | None = None
    paper_ids: Evidence | None = None
    late_reason: ReasonCode | None = None
    submitted_on: date | None = None


class VerifyActivity(Request):
    """The bureau's word that it took place as reported."""

    verified_on: date | None = None


class DecideActivity(Request):
    """Why it is sent back, rejected, cancelled, or why a verification is taken back; `decided_on` is for bureaus."""

    reason_code: ReasonCode
    remark: Remark | None = None
    decided_on: date | None = None


class ClashOut(Response):
    """Another activity on the same day, and what both have in common: `same_audience`, `same_place`, `same_series`.

    Title and place are null where it is neither public nor the caller's.
    """

    id: UUID
    no: str
    title: str | None
    organiser_kind: str
    series: str | None
    audiences: list[str]
    place: str | None
    starts_at: datetime
    ends_at: datetime
    reasons: list[str]


class ClashList(Response):
    """The activities that fall together with one, the earliest first."""

    items: list[ClashOut]


class ReportCheckOut(Response):
    """Whether the record could be reported on the day, rule by rule. Nothing is recorded."""

    activity_id: UUID
    day: date
    ready: bool
    last_day: date
    """The last day on which its organiser reports it by itself."""
    decision: StoredDecision


class ActivityOut(Response):
    """An activity. `counts_for` is the year for which a verified one counts; `clashes` are told where its time or
    audience was just entered."""

    id: UUID
    version: int
    no: str
    title: str
    series: str | None
    lead: str | None
    level: str
    organiser_kind: str
    organiser_role: str
    centre_id: UUID | None
    division: str | None
    department: str | None
    alliance: str | None
    audiences: list[str]
    place: str
    starts_at: datetime
    ends_at: datetime
    held_on: date
    ended_on: date
    on_calendar: bool
    heads: int | None
    spend: Money | None
    photo_ids: list[UUID]
    paper_ids: list[UUID]
    status: str
    edition: str
    decision: StoredDecision | None
    recorded_by: str
    submitted_by: str | None
    submitted_on: date | None
    late_reason: str | None
    verified_by: str | None
    verified_on: date | None
    withdrawal_reason: str | None
    cancelled_on: date | None
    reason_code: str | None
    remark: str | None = None
    clashes: Annotated[list[ClashOut], Field(default_factory=list)]

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated properties
    @property
    def counts_for(self) -> int | None:
        """2.3-2: the year of its first day, once verified."""
        return self.held_on.year if self.status == VERIFIED else None


class ActivityFilter(PageParams):
    """Filters of the list; `since` and `until` are days on which it takes place, both included."""

    no: str | None = None
    title: str | None = Field(default=None, max_length=200)
    centre_id: UUID | None = None
    division: Annotated[str, DivisionCode] | None = None
    department: Annotated[str, EditionWord(lambda edition: edition.departments)] | None = None
    alliance: Annotated[str, EditionWord(lambda edition: edition.alliances.kinds)] | None = None
    series: Annotated[str, EditionWord(lambda edition: edition.activities.series)] | None = None
    level: Annotated[str, EditionWord(lambda edition: edition.activities.levels)] | None = None
    audience: Annotated[str, EditionWord(lambda edition: edition.activities.audiences)] | None = None
    organiser_kind: Annotated[str, OneOf(*ORGANISERS)] | None = None
    status: Annotated[str, OneOf(*STATUSES)] | None = None
    since: date | None = None
    until: date | None = None
    sort: Literal["recorded", "-recorded", "starts", "-starts"] = "recorded"
