"""A centre's year: its score so far, and its result."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

RESULT = Topic("evaluation.result", "Evaluation results (考核结果)")


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


class EvaluationState(EventData):
    """One centre's year before its result is final; tier, places, area and operator are those of its last day."""

    id: UUID
    no: str
    cycle_id: UUID
    centre_id: UUID
    year: int
    edition: str
    operator_code: str
    tier: str
    owner_division: str
    site_division: str
    total_area_m2: Decimal
    listed_on: date | None
    delisted_on: date | None
    status: str
    exempt: bool
    score: Decimal | None
    sheet_id: UUID | None
    """The score sheet that explains the score."""
    grade: str | None
    """excellent, good, pass, fail, exempt or not_graded."""
    failing: bool
    vetoed: bool
    withdrawn_on: date | None = None
    """Since when the centre is off the list at its own request."""


ResultEnrolled = EventType(
    RESULT, "evaluation.result.enrolled.v1", EvaluationState, summary="A centre belongs to the year."
)
ResultScored = EventType(
    RESULT, "evaluation.result.scored.v1", EvaluationState, summary="A score, and the grade it gives by itself."
)
ResultGraded = EventType(
    RESULT, "evaluation.result.graded.v1", EvaluationState, summary="The tier's best share changed the grade."
)
