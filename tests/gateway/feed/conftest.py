"""Streams as a client reads them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from httpx import AsyncClient, Response

ACCEPT = {"Accept": "text/event-stream"}


@dataclass
class Told:
    """One server-sent event, read by the rules of HTML 9.2.6."""

    event: str = "message"
    data: list[str] = field(default_factory=list)
    id: str | None = None

    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads("\n".join(self.data))
        return value


async def told(response: Response) -> AsyncIterator[Told]:
    """The events of a stream, those without data included: they move the reader's last event id."""
    one = Told()
    async for line in response.aiter_lines():
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "":
            yield one
            one = Told()
        elif name == "data":
            one.data.append(value)
        elif name == "event":
            one.event = value
        elif name == "id":
            one.id = value


@asynccontextmanager
async def stream(
    client: AsyncClient, headers: dict[str, str], **query: str | int
) -> AsyncIterator[AsyncIterator[Told]]:
    """An open stream of `registry.centre`, or of the topic named in the query."""
    params: dict[str, str | int] = {"topic": "registry.centre", **query}
    async with client.stream("GET", "/v1/events", headers={**headers, **ACCEPT}, params=params) as response:
        assert response.status_code == 200, (await response.aread()).decode()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield told(response)
