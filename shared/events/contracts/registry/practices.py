"""The library of good practice (5.2-1)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

PRACTICE = Topic("registry.practice", "Good practice (经验做法)")


class PracticeState(EventData):
    """A case of the library; its text is read over the API."""

    id: UUID
    no: str
    title: str
    centre_id: UUID
    status: str
    attachment_ids: tuple[UUID, ...]
    submitted_on: date | None
    approved_on: date | None
    published_on: date | None
    withdrawn_on: date | None
    reason_code: str | None
    remark_hash: str | None = None


class PracticePublicationData(PracticeState):
    """The case, and where it was made known."""

    publication_id: UUID
    medium: str
    outlet: str
    publicised_on: date
    link: str | None


PracticeDrafted = EventType(PRACTICE, "registry.practice.drafted.v1", PracticeState, summary="A case was drafted.")
PracticeAmended = EventType(PRACTICE, "registry.practice.amended.v1", PracticeState, summary="A draft was changed.")
PracticeSubmitted = EventType(PRACTICE, "registry.practice.submitted.v1", PracticeState, summary="Handed in.")
PracticeReturned = EventType(PRACTICE, "registry.practice.returned.v1", PracticeState, summary="Sent back as a draft.")
PracticeApproved = EventType(
    PRACTICE, "registry.practice.approved.v1", PracticeState, Audience.BUREAU, "Approved for the library."
)
PracticePublished = EventType(
    PRACTICE, "registry.practice.published.v1", PracticeState, Audience.PUBLIC, "Everybody may read it."
)
PracticePublicised = EventType(
    PRACTICE,
    "registry.practice.publicised.v1",
    PracticePublicationData,
    Audience.PUBLIC,
    "A meeting or a medium made it known.",
)
PracticeWithdrawn = EventType(
    PRACTICE, "registry.practice.withdrawn.v1", PracticeState, Audience.PUBLIC, "It is no longer public."
)
