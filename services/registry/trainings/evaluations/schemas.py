"""Evaluations as JSON."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field, PlainSerializer

from services.registry.trainings.texts import Comment
from shared.http.schemas import Request, Response

Score = Annotated[int, Field(ge=1, le=5)]
Average = Annotated[Decimal, PlainSerializer(lambda score: f"{score:.2f}", return_type=str, when_used="json")]


class Evaluate(Request):
    """A score from 1 to 5 for each criterion of the edition, and what one wants to say. An enterprise or a centre names
    the enrolment of its people."""

    scores: dict[str, Score]
    comment: Comment | None = None
    enrolment_id: UUID | None = None


class EvaluatedOut(Response):
    """That it was taken; nothing in it leads to what was said."""

    session_id: UUID
    answers: int


class CriterionOut(Response):
    """The average of a criterion, and how often each score from 1 to 5 was given."""

    criterion: str
    average: Average
    counts: list[int]


class TrainingResultsOut(Response):
    """The results; only `answers` and `attended` until there are enough of them and the time is over (`shown_from`)."""

    session_id: UUID
    attended: int
    answers: int
    minimum_answers: int
    open_until: date
    shown: bool
    criteria: list[CriterionOut]
    comments: list[str]
