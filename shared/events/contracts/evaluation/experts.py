"""Experts, who marks what, and the yearly self-reports that they read (2.3-2). Marks are told only once agreed."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.types import EventData, EventType, Topic

ASSIGNMENT = Topic("evaluation.assignment", "Experts' assignments (专家评审任务)")
DRAW = Topic("evaluation.draw", "Draws of experts (专家抽取)")
EXPERT = Topic("evaluation.expert", "Pool of experts (评审专家库)")
SELF_REPORT = Topic("evaluation.self_report", "Yearly self-reports (年度自评报告)")


class ExpertState(EventData):
    """Somebody who may mark, by the account; the organisation by its code."""

    id: UUID
    account_id: str
    org: str | None
    status: str
    applied_on: date
    decided_on: date | None
    reason_code: str | None


class ConflictState(EventData):
    """What keeps an expert away from a centre or from whatever an organisation runs. `id` is the expert's."""

    id: UUID
    conflict_id: UUID
    kind: str
    centre_id: UUID | None
    org: str | None
    declared_on: date
    ended_on: date | None


class DrawState(EventData):
    """A draw that anybody can repeat: by its seed the same pool gives the same assignments."""

    id: UUID
    cycle_id: UUID
    kind: str
    seed: str
    wanted: int
    assigned: int
    drawn_on: date


class AssignmentState(EventData):
    """One expert's task. Not what was marked: nobody learns of that before all marks are in."""

    id: UUID
    cycle_id: UUID
    evaluation_id: UUID
    indicator: str
    round: int
    expert_id: UUID
    draw_id: UUID
    objection_id: UUID | None
    status: str
    due_on: date
    assigned_on: date
    ended_on: date | None
    reason_code: str | None


class SelfReportState(EventData):
    """A centre's own word on its year; what it wrote is not told."""

    id: UUID
    no: str
    cycle_id: UUID
    evaluation_id: UUID
    centre_id: UUID
    status: str
    revision: int
    late: bool
    submitted_on: date | None
    returned_on: date | None
    return_reason: str | None


ExpertApplied = EventType(EXPERT, "evaluation.expert.applied.v1", ExpertState, summary="Somebody wants to mark.")
ExpertAppointed = EventType(EXPERT, "evaluation.expert.appointed.v1", ExpertState, summary="An officer took them in.")
ExpertEnded = EventType(EXPERT, "evaluation.expert.ended.v1", ExpertState, summary="No longer, or not, in the pool.")
ExpertConflictDeclared = EventType(
    EXPERT, "evaluation.expert.conflict_declared.v1", ConflictState, summary="A conflict of interest is on record."
)
ExpertConflictEnded = EventType(
    EXPERT, "evaluation.expert.conflict_ended.v1", ConflictState, summary="A conflict of interest is over."
)
DrawMade = EventType(DRAW, "evaluation.draw.made.v1", DrawState, summary="Experts were drawn by a seed.")
AssignmentMade = EventType(
    ASSIGNMENT, "evaluation.assignment.made.v1", AssignmentState, summary="An expert is to mark an indicator."
)
AssignmentMarked = EventType(
    ASSIGNMENT, "evaluation.assignment.marked.v1", AssignmentState, summary="The expert has marked."
)
AssignmentRecused = EventType(
    ASSIGNMENT, "evaluation.assignment.recused.v1", AssignmentState, summary="The expert stood aside."
)
AssignmentReleased = EventType(
    ASSIGNMENT, "evaluation.assignment.released.v1", AssignmentState, summary="An officer took the task back."
)
SelfReportDrafted = EventType(
    SELF_REPORT, "evaluation.self_report.drafted.v1", SelfReportState, summary="A self-report was begun."
)
SelfReportEdited = EventType(
    SELF_REPORT, "evaluation.self_report.edited.v1", SelfReportState, summary="Its statements changed."
)
SelfReportSubmitted = EventType(
    SELF_REPORT, "evaluation.self_report.submitted.v1", SelfReportState, summary="It was handed in."
)
SelfReportReturned = EventType(
    SELF_REPORT, "evaluation.self_report.returned.v1", SelfReportState, summary="It was sent back for correction."
)
