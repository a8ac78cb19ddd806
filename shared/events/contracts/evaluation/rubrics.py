"""Editions of the rubric: drafted, rehearsed, approved (2.3-2)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

RUBRIC = Topic("evaluation.rubric", "Rubric editions (评价指标体系)")


class RubricIndicator(EventData):
    """One indicator of a rubric, with its part of the weights; `bonus` ones count for no band."""

    id: str
    dimension: str
    title_zh: str
    title_en: str
    weight: Decimal
    formula: str
    kind: str
    evidence: bool
    bonus: bool


class RubricState(EventData):
    """A rubric edition made through the service, for evaluation years of its policy edition from `first_year` on."""

    id: UUID
    no: str
    policy_edition: str
    number: int | None
    """Its place among the policy edition's rubrics once approved; number 1 is the one in the edition's file."""
    status: str
    title_zh: str
    title_en: str
    first_year: int
    revision: int
    copy_of: UUID | None
    changed: tuple[str, ...]
    """Parts of the rubric that the last version changed."""
    indicators: tuple[RubricIndicator, ...]
    document_no: str | None
    approved_on: date | None
    rehearsed_year: int | None = None
    """The past year that a rehearsal was asked for."""
    reason: str | None = None
    """Why it was returned or discarded."""


RubricDrafted = EventType(RUBRIC, "evaluation.rubric.drafted.v1", RubricState, summary="A draft was begun.")
RubricEdited = EventType(RUBRIC, "evaluation.rubric.edited.v1", RubricState, summary="A draft has a new version.")
RubricRehearsed = EventType(
    RUBRIC, "evaluation.rubric.rehearsed.v1", RubricState, summary="A past year is scored by it for comparison."
)
RubricSubmitted = EventType(RUBRIC, "evaluation.rubric.submitted.v1", RubricState, summary="It waits for approval.")
RubricReturned = EventType(RUBRIC, "evaluation.rubric.returned.v1", RubricState, summary="It is a draft again.")
RubricDiscarded = EventType(RUBRIC, "evaluation.rubric.discarded.v1", RubricState, summary="It will not be used.")
RubricApproved = EventType(
    RUBRIC, "evaluation.rubric.approved.v1", RubricState, Audience.PUBLIC, "Centres are evaluated by it from its year."
)
