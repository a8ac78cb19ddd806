"""Persons, as opaque references: no name and no number leaves the registry."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

PERSON = Topic("registry.person", "Persons as opaque references (人员引用)")


class PersonState(EventData):
    """A person; `ref` is what other services know it by."""

    id: UUID
    ref: str
    numbered: bool
    """Whether an identity number is on file."""
    graduate: bool
    """Whether a graduation was confirmed."""


class PersonLinkState(EventData):
    """In which capacity a person stands behind an enterprise or a project."""

    id: UUID
    ref: str
    enterprise_id: UUID | None
    project_id: UUID | None
    capacity: str
    since: date
    until: date | None
    status: str = "confirmed"
    """`claimed` while a party says so of a person that it does not see: it has no effect until it is confirmed."""


class PersonRevealedData(EventData):
    """That somebody read a whole identity number, and why; never the number."""

    id: UUID
    ref: str
    reason_code: str
    document_no: str


PersonRegistered = EventType(
    PERSON, "registry.person.registered.v1", PersonState, Audience.INTERNAL, "A person is known."
)
PersonAmended = EventType(
    PERSON, "registry.person.amended.v1", PersonState, Audience.INTERNAL, "What is known changed."
)
PersonLinked = EventType(
    PERSON, "registry.person.linked.v1", PersonLinkState, Audience.INTERNAL, "Stands behind an enterprise or project."
)
PersonLinkConfirmed = EventType(
    PERSON, "registry.person.link_confirmed.v1", PersonLinkState, Audience.INTERNAL, "What was claimed is so."
)
PersonUnlinked = EventType(
    PERSON, "registry.person.unlinked.v1", PersonLinkState, Audience.INTERNAL, "Does so no more."
)
PersonRevealed = EventType(
    PERSON, "registry.person.revealed.v1", PersonRevealedData, Audience.INTERNAL, "The identity number was shown."
)
