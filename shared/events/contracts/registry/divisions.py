"""Counties, districts and parks: leading groups, offices and the papers they owe (5.1-1)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

DIVISION = Topic("registry.division", "Counties, districts and parks (县区、园区)")


class DivisionPaper(EventData):
    """A plan or a policy file; `handed_in_on` is None while it is owed."""

    id: UUID
    kind: str
    title: str
    due_on: date | None
    handed_in_on: date | None
    document_no: str | None


class DivisionContact(EventData):
    """An office and its telephone; never a person."""

    office: str
    phone: str


class DivisionState(EventData):
    """A division's page; `code` is its code in the policy edition."""

    id: UUID
    code: str
    group_document_no: str | None
    group_established_on: date | None
    group_chair_post: str | None
    """The post that leads the group, such as 区长; never a name."""
    group_members: tuple[str, ...]
    contacts: tuple[DivisionContact, ...]
    papers: tuple[DivisionPaper, ...]


DivisionAmended = EventType(
    DIVISION, "registry.division.amended.v1", DivisionState, Audience.BUREAU, "Leading group or offices were changed."
)
DivisionPaperRequested = EventType(
    DIVISION, "registry.division.paper_requested.v1", DivisionState, Audience.BUREAU, "A paper has been asked for."
)
DivisionPaperHandedIn = EventType(
    DIVISION, "registry.division.paper_handed_in.v1", DivisionState, Audience.BUREAU, "A paper was handed in."
)
DivisionPaperReturned = EventType(
    DIVISION, "registry.division.paper_returned.v1", DivisionState, Audience.BUREAU, "A paper was sent back."
)
