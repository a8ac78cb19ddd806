"""Other bureaus that read the suite's events: that there is one and what it may read; never its name or its keys."""

from __future__ import annotations

from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

BUREAU = Topic("gateway.bureau", "Bureaus that read events (读取事件的部门)")


class BureauState(EventData):
    """A bureau as it is after the event. Without `topics` it reads all that leaves the suite."""

    account_id: UUID
    topics: tuple[str, ...] | None
    removed: bool


BureauAdded = EventType(
    BUREAU, "gateway.bureau.added.v1", BureauState, Audience.INTERNAL, "a bureau may read events from now on"
)
BureauChanged = EventType(
    BUREAU, "gateway.bureau.changed.v1", BureauState, Audience.INTERNAL, "it reads other topics from now on"
)
BureauRotated = EventType(
    BUREAU, "gateway.bureau.rotated.v1", BureauState, Audience.INTERNAL, "it has other credentials from now on"
)
BureauRemoved = EventType(
    BUREAU, "gateway.bureau.removed.v1", BureauState, Audience.INTERNAL, "the bureau reads nothing any more"
)
