"""Self-reports as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue

from services.evaluation.self_reports.models import SelfReport
from shared.http.schemas import Request, Response
from shared.policy.params import Slug

Statement = Annotated[str, Field(min_length=1, max_length=4000)]


class Statements(Request):
    """What the centre says of its year, by the rubric's dimensions; null takes a statement out again."""

    statements: dict[Slug, Statement | None] = Field(default_factory=dict, max_length=20)


class SelfReportReturn(Request):
    """Why it goes back, and what to do about it."""

    reason: Literal["incomplete", "unclear", "contradicts_reports", "evidence_missing"]
    comment: Annotated[str, Field(min_length=1, max_length=1000)]


class SelfReportOut(Response):
    """A self-report. `missing` are dimensions without a statement, `evidence_missing` the indicators that want evidence
    and have none; `locked` when it takes no more changes."""

    id: UUID
    no: str
    version: int
    cycle_id: UUID
    evaluation_id: UUID
    centre_id: UUID
    status: str
    statements: dict[str, str]
    missing: list[str]
    evidence_missing: list[str]
    revision: int
    late: bool
    locked: bool
    due_on: date | None
    first_submitted_on: date | None
    submitted_on: date | None
    returned_on: date | None
    return_reason: str | None
    return_comment: str | None

    @classmethod
    def of(
        cls, report: SelfReport, due_on: date | None, locked: bool, missing: list[str], evidence_missing: list[str]
    ) -> Self:
        """With what is still missing and whether it may change."""
        beside = {"due_on", "locked", "missing", "evidence_missing"}
        known = {name: getattr(report, name) for name in set(cls.model_fields) - beside}
        return cls(**known, due_on=due_on, locked=locked, missing=missing, evidence_missing=evidence_missing)


class SelfReportRevisionOut(Response):
    """A version as handed in, with the evidence in force then: documents by indicator."""

    revision: int
    statements: dict[str, JsonValue]
    evidence: dict[str, JsonValue]
    submitted_on: date


class SelfReportRevisions(Response):
    """Every version, newest first."""

    items: list[SelfReportRevisionOut]
