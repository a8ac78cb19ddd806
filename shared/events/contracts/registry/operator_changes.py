"""Changes of a centre's operator, each a case of its own."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

OPERATOR_CHANGE = Topic("registry.operator_change", "Changes of operator (运营方变更)")


class OperatorChangeState(EventData):
    """A change of operator after the event; `takes_over_on` is the new operator's first day."""

    id: UUID
    no: str
    centre_id: UUID
    status: str
    from_code: str
    from_name: str
    to_code: str
    to_name: str
    reason_code: str
    applied_on: date
    takes_over_on: date | None
    document_no: str | None
    refusal_code: str | None
    remark_hash: str | None = None


OperatorChangeApplied = EventType(
    OPERATOR_CHANGE,
    "registry.operator_change.applied.v1",
    OperatorChangeState,
    summary="Another operator is to take a centre over.",
)
OperatorChangeReviewed = EventType(
    OPERATOR_CHANGE,
    "registry.operator_change.reviewed.v1",
    OperatorChangeState,
    summary="An officer proposes the change.",
)
OperatorChangeApproved = EventType(
    OPERATOR_CHANGE,
    "registry.operator_change.approved.v1",
    OperatorChangeState,
    Audience.BUREAU,
    "The centre has a new operator.",
)
OperatorChangeRefused = EventType(
    OPERATOR_CHANGE, "registry.operator_change.refused.v1", OperatorChangeState, summary="The change was refused."
)
