"""Corrections of accepted reports as JSON."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from services.evaluation.reports.line_schemas import EnterpriseLines, LineOut
from services.evaluation.reports.schemas import Explanations, FormValues, Printed, Statement
from shared.http.schemas import Request, Response

CorrectionReason = Literal["clerical_error", "omission", "wrong_period", "registry_corrected", "inspection_finding"]


class NewCorrection(Request):
    """What is wrong in an accepted report, why, and the right values of those fields and lines."""

    form: FormValues = Field(default_factory=dict)
    lines: EnterpriseLines = Field(default_factory=dict)
    explanations: Explanations = Field(default_factory=dict)
    printed: Printed = False
    reason: CorrectionReason
    statement: Statement

    @model_validator(mode="after")
    def _something_changes(self) -> Self:
        if not self.form and not self.lines:
            raise PydanticCustomError("too_short", "fields or lines to change", {"min_length": 1})
        return self


class CorrectionApproval(Request):
    """`decided_on` only when it happened on paper earlier."""

    decided_on: date | None = None


class CorrectionRefusal(CorrectionApproval):
    """Why the report stays as it is."""

    answer: Statement


class CorrectionOut(Response):
    """A correction: asked for by one person, decided by another. `of_revision` is the accepted version that it starts
    from, `revision` the one that it became; `lines` are all lines as they are to be, null where none changes."""

    id: UUID
    report_id: UUID
    status: str
    of_revision: int
    form: dict[str, JsonValue]
    lines: list[LineOut] | None
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
