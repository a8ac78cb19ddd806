"""The shared calendar (4.5-2): what takes place when, where and for whom, for everybody."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, Row, Select, and_, select, true

from services.registry.activities.models import Activity
from services.registry.activities.rules import CANCELLED, HELD, IN_CALENDAR, PLANNED
from services.registry.centres.models import Centre
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.validation import PayloadInvalid
from shared.http.words import DivisionCode, EditionWord

FEED_BACK: Final = timedelta(days=183)
FEED_AHEAD: Final = timedelta(days=400)
"""How far a feed reaches that names no days."""

Shown = Row[Activity, str | None]


class CalendarWords(Request):
    """What both forms of the calendar can be narrowed to; `from` and `until` are included."""

    since: date | None = Field(default=None, alias="from")
    until: date | None = None
    division: Annotated[str, DivisionCode] | None = None
    series: Annotated[str, EditionWord(lambda edition: edition.activities.series)] | None = None
    audience: Annotated[str, EditionWord(lambda edition: edition.activities.audiences)] | None = None
    level: Annotated[str, EditionWord(lambda edition: edition.activities.levels)] | None = None
    alliance: Annotated[str, EditionWord(lambda edition: edition.alliances.kinds)] | None = None
    centre_id: UUID | None = None


class CalendarFilter(CalendarWords, PageParams):
    """Filters of the list; without `from` it begins today."""


class CalendarItemOut(Response):
    """An activity as everybody sees it: `planned`, `held` or `cancelled`."""

    id: UUID
    no: str
    title: str
    series: str | None
    level: str
    organiser_kind: str
    organiser_role: str
    centre_id: UUID | None
    organiser: str | None
    """The centre's name; divisions, departments and alliances are words of the edition."""
    division: str | None
    department: str | None
    alliance: str | None
    audiences: list[str]
    place: str
    starts_at: datetime
    ends_at: datetime
    held_on: date
    ended_on: date
    status: str


def require_order(wanted: CalendarWords) -> None:
    """Raises 422 for days that end before they begin: an empty calendar would look as if nothing took place."""
    if wanted.since is not None and wanted.until is not None and wanted.until < wanted.since:
        raise PayloadInvalid.at("until", "before_beginning")


def public_calendar(wanted: CalendarWords, *, since: date | None, until: date | None) -> Select[Activity, str | None]:
    """The activities of the public calendar on those days, with the name of the centre that holds each."""
    return (
        select(Activity, Centre.name)
        .outerjoin(Centre, Centre.id == Activity.centre_id)
        .where(
            Activity.on_calendar,
            Activity.status.in_((*IN_CALENDAR, CANCELLED)),
            _matching(wanted),
            Activity.ended_on >= since if since is not None else true(),
            Activity.held_on <= until if until is not None else true(),
        )
    )


def shown(row: Shown) -> CalendarItemOut:
    """What everybody sees of it: whether and how far it was verified is between its organiser and the bureau."""
    activity, centre = row[0], row[1]
    fields = {name: getattr(activity, name) for name in CalendarItemOut.model_fields if name != "organiser"}
    return CalendarItemOut.model_validate({**fields, "organiser": centre, "status": public_status(activity.status)})


def public_status(status: str) -> str:
    """`held` for all that follows."""
    return status if status in (PLANNED, CANCELLED) else HELD


def _matching(wanted: CalendarWords) -> ColumnElement[bool]:
    exact = {
        Activity.division: wanted.division,
        Activity.series: wanted.series,
        Activity.level: wanted.level,
        Activity.alliance: wanted.alliance,
        Activity.centre_id: wanted.centre_id,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
    if wanted.audience is not None:
        conditions.append(Activity.audiences.contains([wanted.audience]))
    return and_(true(), *conditions)
