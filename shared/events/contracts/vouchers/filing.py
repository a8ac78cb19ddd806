"""Documents (附件) of the vouchers service's cases."""

from __future__ import annotations

from uuid import UUID

from shared.events.types import EventData, EventType, Topic

DOCUMENT = Topic("vouchers.document", "Documents of cases (附件)")


class DocumentState(EventData):
    """A file of a case. `subject_kind` is the plural of the case's address; its name stays in vouchers."""

    id: UUID
    subject_kind: str
    subject_id: UUID
    sha256: str
    size: int
    """Bytes."""
    media_type: str


DocumentAdded = EventType(DOCUMENT, "vouchers.document.added.v1", DocumentState, summary="A file was added to a case.")
DocumentRemoved = EventType(
    DOCUMENT, "vouchers.document.removed.v1", DocumentState, summary="A file was taken out of a case."
)
