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


class PersonErasedState(EventData):
    """A person whose data were erased: what is said of it elsewhere keeps the reference and nothing else."""

    id: UUID
    ref: str
    erased_on: date


class PersonConsentState(EventData):
    """What a person agreed to, by whom it was recorded and until when its data may be kept for it."""

    id: UUID
    ref: str
    consent_id: UUID
    purpose: str
    subject_kind: str | None
    subject_id: UUID | None
    channel: str
    document_no: str | None
    given_on: date
    retain_until: date
    withdrawn_on: date | None
    withdrawal_channel: str | None
    lapsed_on: date | None


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
    """That somebody read a whole identity number or contact, and why; never what was read."""

    id: UUID
    ref: str
    reason_code: str
    document_no: str
    shown: str = "id_number"
    """Or `mobile`, `email`."""


class PersonExportedData(EventData):
    """That names and contacts of so many persons left the system, and why; never the data."""

    id: UUID
    subject_kind: str
    """Which list."""
    subject_id: UUID | None
    reason_code: str
    document_no: str
    count: int
    remark_hash: str | None = None


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
PersonConsentGiven = EventType(
    PERSON, "registry.person.consent_given.v1", PersonConsentState, Audience.INTERNAL, "Agreed to a purpose."
)
PersonConsentWithdrawn = EventType(
    PERSON, "registry.person.consent_withdrawn.v1", PersonConsentState, Audience.INTERNAL, "Agrees no more."
)
PersonConsentLapsed = EventType(
    PERSON, "registry.person.consent_lapsed.v1", PersonConsentState, Audience.INTERNAL, "The time to keep data is over."
)
PersonErased = EventType(
    PERSON, "registry.person.erased.v1", PersonErasedState, Audience.INTERNAL, "What was known of a person was erased."
)
PersonExported = EventType(
    PERSON, "registry.person.exported.v1", PersonExportedData, Audience.INTERNAL, "Names and contacts were exported."
)
