"""Documents of cases: that they are there, not what they are called, since a name may name a person."""

from __future__ import annotations

from uuid import UUID

from shared.events.types import EventData, EventType, Topic

DOCUMENT = Topic("registry.document", "Documents of cases (附件)")


class DocumentState(EventData):
    """A file of a case; `size` is in bytes, `sha256` of its content."""

    id: UUID
    subject_kind: str
    subject_id: UUID
    sha256: str
    size: int
    media_type: str


DocumentAdded = EventType(DOCUMENT, "registry.document.added.v1", DocumentState, summary="A file was added to a case.")
DocumentRemoved = EventType(
    DOCUMENT, "registry.document.removed.v1", DocumentState, summary="A file was taken out of a draft."
)
