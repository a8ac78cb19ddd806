"""`GET /v1/events`."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response

from gateway.feed.queries import read_feed
from gateway.feed.schemas import EventPage
from gateway.feed.sources import Logs
from shared.auth.principal import Principal, require
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.http.schemas import Request
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/events", tags=["events"], route_class=ServiceRoute)

SignedIn = Annotated[Principal, Depends(require())]

MOST_WAITING: Final = 40
"""Long polls held at a time in one process; one more is answered without waiting, as if its time were over."""
_waiting = asyncio.Semaphore(MOST_WAITING)


class FeedQuery(Request):
    """Which events: of a topic, after a position, and how long to wait (seconds) if there are none yet."""

    topic: str = Field(pattern=r"^[a-z_]+\.[a-z_]+$", max_length=100)
    after: int = Field(default=0, ge=0, le=2**63 - 1)
    limit: int = Field(default=50, ge=1, le=200)
    wait: float = Field(default=0, ge=0, le=30, allow_inf_nan=False)


@router.get("", response_model=EventPage, responses=problem_responses(404, 503))
async def read_events(caller: SignedIn, runtime: RuntimeDep, wanted: Annotated[FeedQuery, Query()]) -> Response:
    """A topic's events as CloudEvents, by position. Events for other audiences leave gaps in the positions shown."""
    logs = Logs(runtime.db, runtime.peers)
    if wanted.wait == 0 or _waiting.locked():
        page = await read_feed(logs, wanted.topic, after=wanted.after, limit=wanted.limit, wait=0, roles=caller.roles)
    else:
        async with _waiting:
            page = await read_feed(
                logs, wanted.topic, after=wanted.after, limit=wanted.limit, wait=wanted.wait, roles=caller.roles
            )
    return Response(page.to_json(), media_type="application/json", headers={"Cache-Control": "no-store"})
