"""What evaluation publishes: reports, cycles, results, circulars, rectifications and delisting cases."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

REPORT = Topic("evaluation.report", "Quarterly reports (季度报表)")
CYCLE = Topic("evaluation.cycle", "Evaluation cycles (年度考核)")
RESULT = Topic("evaluation.result", "Evaluation results (考核结果)")
CIRCULAR = Topic("evaluation.circular", "Circulars (通报)")
RECTIFICATION = Topic("evaluation.rectification", "Rectification orders (限期整改)")
DELISTING = Topic("evaluation.delisting", "Delisting cases (摘牌)")


class ReportState(EventData):
    """A quarterly report's place in its procedure."""

    id: UUID
    no: str
    centre_id: UUID
    year: int
    quarter: int
    status: str
    due_on: date
    submitted_on: date | None
    late: bool
    revision: int
    reason_codes: tuple[str, ...] = ()
    """`<field>:<reason>` of the last return."""


ReportSubmitted = EventType(REPORT, "evaluation.report.submitted.v1", ReportState, summary="A report came in.")
ReportReturned = EventType(REPORT, "evaluation.report.returned.v1", ReportState, summary="It must be corrected.")
ReportAccepted = EventType(REPORT, "evaluation.report.accepted.v1", ReportState, summary="It was accepted.")


class CycleState(EventData):
    """A year's evaluation of all listed centres."""

    id: UUID
    year: int
    status: str
    edition: str
    rubric: str
    document_no: str | None
    published_on: date | None


CycleOpened = EventType(
    CYCLE, "evaluation.cycle.opened.v1", CycleState, Audience.BUREAU, "The year's evaluation is open."
)
CycleScored = EventType(
    CYCLE, "evaluation.cycle.scored.v1", CycleState, summary="All centres have a preliminary score."
)
CyclePublished = EventType(
    CYCLE, "evaluation.cycle.published.v1", CycleState, Audience.PUBLIC, "Results are published."
)


class ResultState(EventData):
    """The final result of one centre in one year, as published."""

    id: UUID
    cycle_id: UUID
    centre_id: UUID
    year: int
    grade: str
    """excellent, good, pass, fail, exempt or not_graded."""
    score: Decimal | None
    document_no: str
    published_on: date
    consecutive_fails: int
    rectification_id: UUID | None
    delisting_case_id: UUID | None


ResultPublished = EventType(
    RESULT, "evaluation.result.published.v1", ResultState, Audience.PUBLIC, "A centre's yearly result is final."
)


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
DelistingReminded = EventType(
    DELISTING, "evaluation.delisting.reminded.v1", DelistingRemindedData, summary="Late participants must confirm."
)
DelistingCompleted = EventType(
    DELISTING, "evaluation.delisting.completed.v1", DelistingDecidedData, Audience.BUREAU, "Every service has acted."
)
