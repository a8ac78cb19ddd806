"""What a fail brings with it: the circular and the rectification order (2.3-4)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

CIRCULAR = Topic("evaluation.circular", "Circulars (通报)")
RECTIFICATION = Topic("evaluation.rectification", "Rectification orders (限期整改)")


class CircularLine(EventData):
    """A failed centre's line in the year's circular."""

    centre_id: UUID
    evaluation_id: UUID


class CircularState(EventData):
    """The one circular of a year (2.3-4)."""

    id: UUID
    year: int
    document_no: str
    issued_on: date
    lines: tuple[CircularLine, ...]


class CircularCorrection(EventData):
    """A centre's line that no longer holds, because an authority annulled the result."""

    id: UUID
    no: str
    centre_id: UUID
    evaluation_id: UUID
    annulment_id: UUID
    issuer: str
    document_no: str
    corrected_on: date


class CircularCorrectedData(CircularState):
    """The circular as it was issued, and the correction that was added."""

    correction: CircularCorrection


CircularIssued = EventType(
    CIRCULAR, "evaluation.circular.issued.v1", CircularState, Audience.PUBLIC, "Failed centres named."
)
CircularCorrected = EventType(
    CIRCULAR, "evaluation.circular.corrected.v1", CircularCorrectedData, Audience.PUBLIC, "A line no longer holds."
)


class RectificationItemState(EventData):
    """One thing to be put right; `indicator` is None for what is no indicator's. Its texts stay with the order."""

    id: UUID
    ordinal: int
    indicator: str | None
    status: str


class RectificationState(EventData):
    """A failed centre's order to put things right within a term (2.3-4)."""

    id: UUID
    no: str
    centre_id: UUID
    evaluation_id: UUID
    year: int
    status: str
    ordered_on: date
    due_on: date
    accepted_on: date | None
    served_on: date | None = None
    extensions: int = 0
    extension_requested_on: date | None = None
    closed_on: date | None = None
    superseded_by: UUID | None = None
    items: tuple[RectificationItemState, ...] = ()


RectificationOrdered = EventType(
    RECTIFICATION, "evaluation.rectification.ordered.v1", RectificationState, Audience.BUREAU, "Ordered."
)
RectificationSubmitted = EventType(
    RECTIFICATION, "evaluation.rectification.submitted.v1", RectificationState, summary="Evidence was submitted."
)
RectificationRejected = EventType(
    RECTIFICATION, "evaluation.rectification.rejected.v1", RectificationState, summary="The evidence does not do."
)
RectificationAccepted = EventType(
    RECTIFICATION, "evaluation.rectification.accepted.v1", RectificationState, Audience.BUREAU, "Put right."
)
RectificationAmended = EventType(
    RECTIFICATION, "evaluation.rectification.amended.v1", RectificationState, summary="Items were changed."
)
RectificationServed = EventType(
    RECTIFICATION, "evaluation.rectification.served.v1", RectificationState, Audience.BUREAU, "Served; the term runs."
)
RectificationEvidenceFiled = EventType(
    RECTIFICATION,
    "evaluation.rectification.evidence_filed.v1",
    RectificationState,
    summary="A document was given for an item.",
)
RectificationEvidenceWithdrawn = EventType(
    RECTIFICATION,
    "evaluation.rectification.evidence_withdrawn.v1",
    RectificationState,
    summary="A document no longer counts for an item.",
)
RectificationInspected = EventType(
    RECTIFICATION, "evaluation.rectification.inspected.v1", RectificationState, summary="Inspected on site."
)
RectificationExtensionRequested = EventType(
    RECTIFICATION,
    "evaluation.rectification.extension_requested.v1",
    RectificationState,
    summary="More time was asked for.",
)
RectificationExtended = EventType(
    RECTIFICATION, "evaluation.rectification.extended.v1", RectificationState, Audience.BUREAU, "The term was extended."
)
RectificationExtensionRefused = EventType(
    RECTIFICATION,
    "evaluation.rectification.extension_refused.v1",
    RectificationState,
    summary="No more time is given.",
)
RectificationOverdue = EventType(
    RECTIFICATION,
    "evaluation.rectification.overdue.v1",
    RectificationState,
    Audience.BUREAU,
    "The term ended without acceptance; once a term.",
)
RectificationSuperseded = EventType(
    RECTIFICATION,
    "evaluation.rectification.superseded.v1",
    RectificationState,
    Audience.BUREAU,
    "The centre's delisting took its place.",
)
RectificationReopened = EventType(
    RECTIFICATION,
    "evaluation.rectification.reopened.v1",
    RectificationState,
    Audience.BUREAU,
    "The delisting has no effect any more; the order stands again.",
)
RectificationAnnulled = EventType(
    RECTIFICATION,
    "evaluation.rectification.annulled.v1",
    RectificationState,
    Audience.BUREAU,
    "The fail was annulled, and the order with it.",
)
