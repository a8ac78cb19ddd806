"""`GET /internal/events/{topic}`: the producer's log by position, for consumers and for the gateway's public feed."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from shared.auth.principal import Principal, require_internal
from shared.errors import not_found
from shared.events.log_reader import FeedPage, read_log

router = APIRouter(prefix="/internal/events", tags=["events"], include_in_schema=False)

POLL_SECONDS = 0.1

InternalCaller = Annotated[Principal, Depends(require_internal())]


def _render(page: FeedPage) -> dict[str, object]:
    return {
        "topic": page.topic,
        "epoch": page.epoch,
        "head": page.head,
        "after_hash": None if page.after_hash is None else page.after_hash.hex(),
        "items": [event.to_json() for event in page.events],
    }


@router.get("/{topic}")
async def read_events(
    request: Request,
    _caller: InternalCaller,
    topic: Annotated[str, Path(pattern=r"^[a-z_]+\.[a-z_]+$")],
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    wait: Annotated[float, Query(ge=0, le=30)] = 0,
) -> dict[str, object]:
    """Events of `topic` after a position; with `wait`, up to so many seconds until there are any."""
    runtime = request.state.runtime
    deadline = asyncio.get_running_loop().time() + wait
    while True:
        async with runtime.db.transaction() as session:
            page = await read_log(session, topic, after, limit)
        if page is None:
            if topic in runtime.topics:
                page = FeedPage(topic, 1, 0, after, b"" if after == 0 else None, ())
            else:
                raise not_found("topic")
        if page.events or asyncio.get_running_loop().time() >= deadline:
            return _render(page)
        await asyncio.sleep(POLL_SECONDS)
