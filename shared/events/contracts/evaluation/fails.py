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


CircularIssued = EventType(
    CIRCULAR, "evaluation.circular.issued.v1", CircularState, Audience.PUBLIC, "Failed centres named."
)


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
