"""Corrections of accepted reports as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from services.evaluation.reports.schemas import Explanations, FormValues, Printed, Statement
from shared.http.schemas import Request, Response

CorrectionReason = Literal["clerical_error", "omission", "wrong_period", "registry_corrected", "inspection_finding"]


class NewCorrection(Request):
    """What is wrong in an accepted report, why, and the right values of those fields."""

    form: Annotated[FormValues, Field(min_length=1)]
    explanations: Explanations = Field(default_factory=dict)
    printed: Printed = False
    reason: CorrectionReason
    statement: Statement


class CorrectionApproval(Request):
    """`decided_on` only when it happened on paper earlier."""

    decided_on: date | None = None


class CorrectionRefusal(CorrectionApproval):
    """Why the report stays as it is."""

    answer: Statement


class CorrectionOut(Response):
    """A correction: asked for by one person, decided by another. `of_revision` is the accepted version that it starts
    from, `revision` the one that it became."""

    id: UUID
    report_id: UUID
    status: str
    of_revision: int
    form: dict[str, JsonValue]
    explanations: dict[str, str]
    reason: str
    statement: str
    requested_on: date
    requested_by: str
    decided_on: date | None
    decided_by: str | None
    answer: str | None
    revision: int | None


class CorrectionList(Response):
    """All corrections of a report, oldest first."""

    items: list[CorrectionOut]
