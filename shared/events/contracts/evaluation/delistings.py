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
