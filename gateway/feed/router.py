"""`GET /v1/events`: pages, long polls and streams."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query
from pydantic import Field
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from gateway.bureaus.queries import topics_of
from gateway.feed.queries import Wanted, of_types, read_feed, topic_for
from gateway.feed.rules import audiences_of
from gateway.feed.schemas import EventPage
from gateway.feed.sources import Logs, Stretch
from gateway.feed.standing import Standing
from gateway.feed.streams import MEDIA_TYPE, EventStream, Streams
from gateway.feed.tails import Tails
from shared.auth.principal import Principal, require
from shared.auth.roles import BUREAU
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute, Session
from shared.http.schemas import Request

router = APIRouter(prefix="/v1/events", tags=["events"], route_class=ServiceRoute)

SignedIn = Annotated[Principal, Depends(require())]

MOST_WAITING: Final = 200
"""Long polls held at a time in one process; one more is answered without waiting, as if its time were over."""
_waiting = asyncio.Semaphore(MOST_WAITING)

_STREAM: Final = {
    "content": {
        MEDIA_TYPE: {
            "schema": {"type": "string"},
            "example": 'id: 7\ndata: {"specversion":"1.0","type":"registry.centre.listed.v1","position":7}\n\n',
        }
    },
    "description": "A page as JSON; with `Accept: text/event-stream` a stream of server-sent events.",
}


class FeedQuery(Request):
    """Which events: of a topic, after a position, and how long to wait (seconds) if there are none yet."""

    topic: str = Field(pattern=r"^[a-z_]+\.[a-z_]+$", max_length=100)
    type: list[Annotated[str, Field(max_length=200)]] = Field(
        default_factory=list, max_length=50, description="only events of these types; all that one may read without it"
    )
    after: int = Field(default=0, ge=0, le=2**63 - 1)
    epoch: int | None = Field(
        default=None, ge=1, le=2**31 - 1, description="of which `after` is a position; 409 when the log has another one"
    )
    limit: int = Field(default=50, ge=1, le=200, description="of a page; a stream has no end")
    wait: float = Field(default=0, ge=0, le=30, allow_inf_nan=False)


class Feed:
    """What the endpoint needs of the process."""

    def __init__(self, logs: Logs, tails: Tails, streams: Streams) -> None:
        self.logs = logs
        self.tails = tails
        self.streams = streams


@router.get(
    "",
    response_model=EventPage,
    responses={200: _STREAM, **problem_responses(404, 409, 429, 503)},
)
async def read_events(
    request: HttpRequest,
    session: Session,
    caller: SignedIn,
    wanted: Annotated[FeedQuery, Query()],
    last_event_id: Annotated[str | None, Header(pattern="^[0-9]{1,18}$", description="resumes a stream")] = None,
) -> Response:
    """A topic's events as CloudEvents, by position. Events for other audiences leave gaps in the positions shown.

    With `Accept: text/event-stream` they come as server-sent events for as long as the connection lasts; the id of each
    is its position, and `Last-Event-ID` resumes after it.
    """
    feed: Feed = request.app.state.feed
    streamed = MEDIA_TYPE in request.headers.get("accept", "").lower()
    chosen = await topics_of(session, UUID(caller.account_id)) if caller.has(BUREAU) else None
    topic, readable = topic_for(wanted.topic, audiences_of(caller.roles, wanted.topic, chosen))
    after = int(last_event_id) if streamed and last_event_id is not None else wanted.after
    asked = Wanted(topic, of_types(topic, readable, wanted.type), after, wanted.epoch, caller.livemode)
    standing = Standing(request, (request.app.state, request.app.state.process))
    if streamed:
        page = await feed.logs.read(topic, Stretch(after, 1, 0))
        asked.check(page)
        return EventStream(
            feed.logs, feed.tails, feed.streams, asked, page, standing=standing, account_id=caller.account_id
        )
    if wanted.wait == 0 or _waiting.locked():
        found = await read_feed(feed.logs, feed.tails, asked, limit=wanted.limit, wait=0, standing=standing)
    else:
        async with _waiting:
            found = await read_feed(
                feed.logs, feed.tails, asked, limit=wanted.limit, wait=wanted.wait, standing=standing
            )
    return Response(found.to_json(), media_type="application/json", headers={"Cache-Control": "no-store"})
