"""Rectification orders as JSON."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue

from services.evaluation.rectifications.models import Rectification
from services.evaluation.rectifications.rules import is_overdue
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response

Evidence = Annotated[str, Field(min_length=1, max_length=200)]


class EvidenceSubmission(Request):
    """References to the evidence: document numbers, or where documents are kept."""

    evidence: Annotated[list[Evidence], Field(min_length=1, max_length=50)]


class Acceptance(Request):
    """The inspection's document."""

    document_no: Annotated[str, Field(min_length=1, max_length=100)]
    accepted_on: date | None = None


class Rejection(Request):
    """Why the evidence does not do."""

    reason: Literal["not_carried_out", "not_proven", "not_lasting"]
    rejected_on: date | None = None


class RectificationFilter(PageParams):
    """Filters of the list."""

    no: str | None = None
    centre_id: UUID | None = None
    year: int | None = None
    status: str | None = None
    evaluation_id: UUID | None = None


class RectificationOut(Response):
    """An order; `overdue` as of the business day."""

    id: UUID
    no: str
    version: int
    centre_id: UUID
    evaluation_id: UUID
    year: int
    edition: str
    status: str
    ordered_on: date
    due_on: date
    overdue: bool
    submitted_on: date | None
    accepted_on: date | None

    @classmethod
    def of(cls, order: Rectification, today: date) -> Self:
        """`today` tells whether the term has passed."""
        names = set(cls.model_fields) - {"overdue"}
        overdue = is_overdue(order.status, order.due_on, today)
        return cls(**{name: getattr(order, name) for name in names}, overdue=overdue)


class StepOut(Response):
    """A step taken."""

    step: str
    taken_on: date
    details: dict[str, JsonValue]
    recorded_at: datetime


class RectificationHistory(RectificationOut):
    """The order with everything that was handed in and decided."""

    steps: list[StepOut]
