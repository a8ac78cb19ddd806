"""What the count of failed years rests on besides the results: annulled results, and successions of centres."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

ANNULMENT = Topic("evaluation.annulment", "Annulled results (评价结果撤销)")
SUCCESSION = Topic("evaluation.succession", "Successions of centres (承继关系)")


class AnnulmentState(EventData):
    """A published result that an authority has annulled. Once `approved`, the year counts as not failed (2.3-5); the
    result itself stays in the records."""

    id: UUID
    no: str
    evaluation_id: UUID
    centre_id: UUID
    year: int
    status: str
    ground: str
    issuer: str
    document_no: str
    ordered_on: date
    recorded_on: date
    decided_on: date | None = None
    reason_code: str | None = None


class SuccessionState(EventData):
    """A centre that goes on where another one left off: the other one's years count for it (2.3-5)."""

    id: UUID
    no: str
    centre_id: UUID
    predecessor_id: UUID
    status: str
    document_no: str
    recorded_on: date
    decided_on: date | None = None
    reason_code: str | None = None


ResultAnnulmentProposed = EventType(
    ANNULMENT, "evaluation.annulment.proposed.v1", AnnulmentState, summary="An annulled result waits for approval."
)
ResultAnnulled = EventType(
    ANNULMENT, "evaluation.annulment.approved.v1", AnnulmentState, Audience.BUREAU, "A result counts no more."
)
ResultAnnulmentRejected = EventType(
    ANNULMENT, "evaluation.annulment.rejected.v1", AnnulmentState, summary="The annulment was not approved."
)
SuccessionProposed = EventType(
    SUCCESSION, "evaluation.succession.proposed.v1", SuccessionState, summary="A succession waits for approval."
)
SuccessionApproved = EventType(
    SUCCESSION, "evaluation.succession.approved.v1", SuccessionState, Audience.BUREAU, "The years of both count."
)
SuccessionRejected = EventType(
    SUCCESSION, "evaluation.succession.rejected.v1", SuccessionState, summary="The succession was not approved."
)
