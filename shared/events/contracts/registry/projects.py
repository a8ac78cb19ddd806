"""Projects and teams without a code."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

PROJECT = Topic("registry.project", "Projects without a code (在孵项目)")


class ProjectState(EventData):
    """A project; once it has registered, `enterprise_id` is the enterprise that goes on."""

    id: UUID
    no: str
    name: str
    status: str
    industry_code: str
    division: str
    started_on: date
    team_size: int
    graduate_founder: bool
    founder_ref: str | None
    enterprise_id: UUID | None
    registered_on: date | None
    closed_on: date | None
    reason_code: str | None


ProjectOpened = EventType(PROJECT, "registry.project.opened.v1", ProjectState, Audience.BUREAU, "A project is known.")
ProjectAmended = EventType(
    PROJECT, "registry.project.amended.v1", ProjectState, Audience.BUREAU, "Its particulars changed."
)
ProjectRegistered = EventType(
    PROJECT, "registry.project.registered.v1", ProjectState, Audience.BUREAU, "It goes on as an enterprise with a code."
)
ProjectClosed = EventType(
    PROJECT, "registry.project.closed.v1", ProjectState, Audience.BUREAU, "It was given up without registering."
)
