"""Delisting cases, from the second preliminary fail to the last confirmation (2.3-5)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

DELISTING = Topic("evaluation.delisting", "Delisting cases (摘牌)")


class DelistingState(EventData):
    """A delisting case after a step of its procedure."""

    id: UUID
    no: str
    centre_id: UUID
    status: str
    first_failed_year: int
    second_failed_year: int
    operator_code: str
    """Operator of record on 31 December of the second failed year."""
    operator_barred: bool


class DelistingDecidedData(DelistingState):
    """The published decision: everything that a participant needs to act on it."""

    decision_no: str
    decided_on: date
    published_on: date
    published_at: datetime
    ban_years: int
    participants: tuple[str, ...]
    continuation_basis: str | None = None
    """What a decision published after the edition's last day rests on (6-1)."""


class DelistingAnsweredData(DelistingState):
    """A participant's answer to the decision: `confirmed`, or why it does not count yet."""

    service: str
    confirmed: bool
    problem: str | None
    event_id: UUID
    """The participant's own event, which tells what it did."""


class DelistingRemindedData(DelistingDecidedData):
    """The decision again, for participants whose confirmation is missing."""

    late: tuple[str, ...]


class DelistingRemedy(EventData):
    """An order of a court or a reviewing authority about a published delisting (停止执行, 恢复执行, 撤销), recorded by
    one bureau and approved by another person of the other."""

    id: UUID
    no: str
    ordinal: int
    """Its place among the case's orders."""
    kind: str
    """`stay`, `lift` or `reversal`."""
    status: str
    ground: str
    """`court`, `reconsideration`, `own_motion`, or `annulled_result`: proposed because a year was annulled."""
    issuer: str
    document_no: str
    ordered_on: date
    effective_on: date
    """First day on which the delisting has no effect any more, or, for a lift, has its effect again."""
    recorded_by: str
    recorded_bureau: str
    recorded_on: date
    decided_by: str | None = None
    decided_bureau: str | None = None
    decided_on: date | None = None
    reason_code: str | None = None
    """Why it was rejected."""


class DelistingRemedyState(DelistingState):
    """A case and an order about it that has no effect, or none yet."""

    remedy: DelistingRemedy


class DelistingRemedyData(DelistingDecidedData):
    """An approved order with everything that a participant needs, also one that has missed what came before."""

    remedy: DelistingRemedy
    remedies: tuple[DelistingRemedy, ...]
    """All approved orders on the case up to this one, in their order."""


class DelistingRemedyAnsweredData(DelistingRemedyState):
    """A participant's answer to an order: `confirmed`, or why it does not count yet."""

    service: str
    confirmed: bool
    problem: str | None
    event_id: UUID


class DelistingRemedyRemindedData(DelistingRemedyData):
    """The order again, for participants whose confirmation is missing."""

    late: tuple[str, ...]


DelistingOpened = EventType(
    DELISTING, "evaluation.delisting.opened.v1", DelistingState, summary="A second fail is preliminary."
)
DelistingAdvanced = EventType(
    DELISTING, "evaluation.delisting.advanced.v1", DelistingState, summary="A step of the procedure was taken."
)
DelistingDropped = EventType(
    DELISTING, "evaluation.delisting.dropped.v1", DelistingState, summary="The second fail did not become final."
)
DelistingDecided = EventType(
    DELISTING, "evaluation.delisting.decided.v1", DelistingDecidedData, Audience.BUREAU, "Published and in force."
)
DelistingAnswered = EventType(
    DELISTING, "evaluation.delisting.answered.v1", DelistingAnsweredData, summary="A participant has acted."
)
DelistingReminded = EventType(
    DELISTING, "evaluation.delisting.reminded.v1", DelistingRemindedData, summary="Late participants must confirm."
)
DelistingCompleted = EventType(
    DELISTING, "evaluation.delisting.completed.v1", DelistingDecidedData, Audience.BUREAU, "Every service has acted."
)
DelistingRemedyProposed = EventType(
    DELISTING, "evaluation.delisting.remedy_proposed.v1", DelistingRemedyState, summary="An order waits for approval."
)
DelistingRemedyRejected = EventType(
    DELISTING, "evaluation.delisting.remedy_rejected.v1", DelistingRemedyState, summary="An order was not approved."
)
DelistingStayed = EventType(
    DELISTING, "evaluation.delisting.stayed.v1", DelistingRemedyData, Audience.BUREAU, "Its effects are suspended."
)
DelistingLifted = EventType(
    DELISTING, "evaluation.delisting.lifted.v1", DelistingRemedyData, Audience.BUREAU, "The stay is over."
)
DelistingReversed = EventType(
    DELISTING, "evaluation.delisting.reversed.v1", DelistingRemedyData, Audience.BUREAU, "The decision is undone."
)
DelistingRemedyAnswered = EventType(
    DELISTING,
    "evaluation.delisting.remedy_answered.v1",
    DelistingRemedyAnsweredData,
    summary="A participant has followed an order.",
)
DelistingRemedyReminded = EventType(
    DELISTING,
    "evaluation.delisting.remedy_reminded.v1",
    DelistingRemedyRemindedData,
    summary="Late participants must follow an order.",
)
DelistingRemedyCompleted = EventType(
    DELISTING,
    "evaluation.delisting.remedy_completed.v1",
    DelistingRemedyData,
    Audience.BUREAU,
    "Every service has followed the order.",
)
