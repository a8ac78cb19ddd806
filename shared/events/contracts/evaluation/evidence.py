"""Documents of evaluation cases, and which indicator they are evidence for (2.3-2)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.types import EventData, EventType, Topic

DOCUMENT = Topic("evaluation.document", "Documents of cases (附件)")
EVIDENCE = Topic("evaluation.evidence", "Evidence for indicators (佐证材料)")


class DocumentState(EventData):
    """A file of a case; `size` is in bytes, `sha256` of its content. Not its name, which may name a person."""

    id: UUID
    subject_kind: str
    subject_id: UUID
    sha256: str
    size: int
    media_type: str


class EvidenceState(EventData):
    """A document that a centre gives as evidence for one indicator of its evaluation."""

    id: UUID
    evaluation_id: UUID
    centre_id: UUID
    year: int
    indicator: str
    document_id: UUID
    status: str
    filed_on: date
    withdrawn_on: date | None


DocumentAdded = EventType(
    DOCUMENT, "evaluation.document.added.v1", DocumentState, summary="A file was added to a case."
)
DocumentRemoved = EventType(
    DOCUMENT, "evaluation.document.removed.v1", DocumentState, summary="A file was taken out of a case."
)
EvidenceFiled = EventType(EVIDENCE, "evaluation.evidence.filed.v1", EvidenceState, summary="Given for an indicator.")
EvidenceWithdrawn = EventType(EVIDENCE, "evaluation.evidence.withdrawn.v1", EvidenceState, summary="No longer given.")
