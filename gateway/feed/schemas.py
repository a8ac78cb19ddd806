"""The feed's answer, as it is described; it is written by hand so that data stay the stored text."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from shared.http.schemas import Response


class CloudEvent(Response):
    """A CloudEvent 1.0 in structured mode; extension attributes as on NATS, `position` and `epoch` as numbers."""

    model_config = ConfigDict(extra="allow")

    specversion: str
    id: UUID
    source: str
    type: str
    subject: str = Field(description="id of the aggregate")
    time: datetime
    datacontenttype: str
    position: int = Field(ge=1, description="gapless in the topic's log; others' events are left out of the feed")
    epoch: int = Field(ge=1, description="raised when the log was restored; then read again from the start")
    hash: str = Field(pattern="^[0-9a-f]{64}$", description="link of the topic's hash chain")
    previoushash: str = Field(
        pattern="^([0-9a-f]{64})?$", description="of the position before, whoever that is for; empty at the first"
    )
    aggregateversion: str
    effectiveon: date
    actor: str
    data: JsonValue


class EventPage(Response):
    """Events after a position; go on with `after=<next_after>`."""

    topic: str
    epoch: int
    head: int = Field(ge=0, description="the topic's last position")
    next_after: int = Field(ge=0)
    items: list[CloudEvent]
