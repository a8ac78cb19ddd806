"""`/v1/activities/calendar`, for everybody."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from services.registry.activities.calendar import (
    FEED_AHEAD,
    FEED_BACK,
    CalendarFilter,
    CalendarItemOut,
    CalendarWords,
    public_calendar,
    require_order,
    shown,
)
from services.registry.activities.ical import MEDIA_TYPE, MOST, feed, tag_of
from services.registry.activities.models import Activity
from services.registry.policy import edition_at
from shared.auth.principal import Principal, require
from shared.auth.roles import PUBLIC
from shared.db import Session
from shared.errors import DomainError
from shared.http.etag import IfNoneMatch, is_current
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/activities", tags=["activities"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]


@router.get("/calendar")
async def read_calendar(
    session: Session, principal: Anyone, wanted: Annotated[CalendarFilter, Query()]
) -> Page[CalendarItemOut]:
    """What takes place, from today on or on the days asked for, the earliest first."""
    require_order(wanted)
    query = public_calendar(wanted, since=wanted.since or principal.today, until=wanted.until)
    return await paginate(session, query, keys=[Activity.starts_at, Activity.id], params=wanted, item=shown)


@router.get(
    "/calendar.ics",
    response_class=Response,
    responses={
        **problem_responses(422),
        200: {"content": {MEDIA_TYPE: {}}, "description": "The calendar"},
        304: {"description": "Nothing has changed since"},
    },
)
async def subscribe_to_calendar(
    session: Session,
    principal: Anyone,
    runtime: RuntimeDep,
    wanted: Annotated[CalendarWords, Query()],
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The same to subscribe to: half a year back and a year ahead where no days are named."""
    require_order(wanted)
    since, until = wanted.since or principal.today - FEED_BACK, wanted.until or principal.today + FEED_AHEAD
    query = public_calendar(wanted, since=since, until=until).order_by(Activity.starts_at, Activity.id)
    rows = (await session.execute(query.limit(MOST + 1))).all()
    if len(rows) > MOST:
        raise DomainError("calendar-too-long", 422, params={"limit": MOST})
    edition = edition_at(runtime.editions, principal.today)
    tag = tag_of(edition, wanted, rows)
    headers = {"ETag": tag, "Cache-Control": "public, max-age=300"}
    if is_current(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    named = {"Content-Disposition": 'inline; filename="mengchuang-activities.ics"'}
    return Response(feed(edition, rows), media_type=MEDIA_TYPE, headers={**headers, **named})
