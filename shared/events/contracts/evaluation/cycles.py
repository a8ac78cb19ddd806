"""A year's evaluation, from its opening to its publication."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

CYCLE = Topic("evaluation.cycle", "Evaluation cycles (年度考核)")


class CycleState(EventData):
    """A year's evaluation of all listed centres."""

    id: UUID
    year: int
    status: str
    edition: str
    rubric: str
    document_no: str | None
    published_on: date | None
    opened_on: date | None = None
    scored_on: date | None = None
    announced_on: date | None = None
    notice_until: date | None = None
    approved_on: date | None = None
    approved_bureau: str | None = None
    countersigned_on: date | None = None
    countersigned_bureau: str | None = None
    continuation_basis: str | None = None
    marks: int | None = None
    self_report_due_on: date | None = None
    marking_due_on: date | None = None
    objections_until: date | None = None


class CycleChangeState(EventData):
    """What somebody asked for about a running year, and what a second person made of it. `phase` and `due_on` for an
    extension, `from_status` and `to_status` for a reopening."""

    id: UUID
    year: int
    status: str
    change_id: UUID
    outcome: str
    reason: str
    phase: str | None = None
    due_on: date | None = None
    from_status: str | None = None
    to_status: str | None = None


CycleOpened = EventType(
    CYCLE, "evaluation.cycle.opened.v1", CycleState, Audience.BUREAU, "The year's evaluation is open."
)
CycleScoringBegun = EventType(CYCLE, "evaluation.cycle.scoring_begun.v1", CycleState, summary="Scores are computed.")
CycleScoringFailed = EventType(
    CYCLE, "evaluation.cycle.scoring_failed.v1", CycleState, summary="Scoring was given up; it can be asked for again."
)
CycleScored = EventType(
    CYCLE, "evaluation.cycle.scored.v1", CycleState, summary="All centres have a preliminary score."
)
CycleAnnounced = EventType(
    CYCLE, "evaluation.cycle.announced.v1", CycleState, Audience.BUREAU, "Preliminary results are on public notice."
)
CycleApproved = EventType(
    CYCLE, "evaluation.cycle.approved.v1", CycleState, Audience.BUREAU, "One bureau approved the results."
)
CycleCountersigned = EventType(
    CYCLE, "evaluation.cycle.countersigned.v1", CycleState, Audience.BUREAU, "The other bureau countersigned them."
)
CyclePublicationBegun = EventType(
    CYCLE, "evaluation.cycle.publication_begun.v1", CycleState, summary="Results are made final, centre by centre."
)
CyclePublished = EventType(
    CYCLE, "evaluation.cycle.published.v1", CycleState, Audience.PUBLIC, "Results are published."
)
CycleEnrolled = EventType(
    CYCLE, "evaluation.cycle.enrolled.v1", CycleState, summary="Centres that were recorded late were looked for."
)
CycleExtensionProposed = EventType(
    CYCLE, "evaluation.cycle.extension_proposed.v1", CycleChangeState, summary="A later last day was asked for."
)
CycleExtended = EventType(
    CYCLE, "evaluation.cycle.extended.v1", CycleChangeState, Audience.BUREAU, "A phase has a later last day."
)
CycleExtensionRefused = EventType(
    CYCLE, "evaluation.cycle.extension_refused.v1", CycleChangeState, summary="The last day stays as it is."
)
CycleReopeningProposed = EventType(
    CYCLE, "evaluation.cycle.reopening_proposed.v1", CycleChangeState, summary="It was asked to go back one phase."
)
CycleReopened = EventType(
    CYCLE, "evaluation.cycle.reopened.v1", CycleChangeState, Audience.BUREAU, "The year went back one phase."
)
CycleReopeningRefused = EventType(
    CYCLE, "evaluation.cycle.reopening_refused.v1", CycleChangeState, summary="The year stays in its phase."
)
