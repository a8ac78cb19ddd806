"""Evaluations as JSON."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue, PlainSerializer

from services.evaluation.evaluations.models import Evaluation
from services.evaluation.rubrics.rules import grades
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord, OneOf, Tier
from shared.policy.params import Slug

ScoreValue = Annotated[Decimal, PlainSerializer(lambda value: f"{value:.2f}", return_type=str, when_used="json")]
"""A score or mark with two decimals, as text."""

DocumentNo = Annotated[str, Field(min_length=1, max_length=100)]


class ExpertMark(Request):
    """A percentage for one expert indicator; null where there was nothing to check."""

    indicator: Slug
    mark: Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2)] | None
    evidence: Annotated[str, Field(min_length=1, max_length=200)]


class NewVeto(Request):
    """A fact that makes the year a fail once confirmed: one of the edition's vetoes that people establish."""

    code: Slug
    document_no: DocumentNo
    recorded_on: date | None = None


class VetoDecision(Request):
    """What the second person found."""

    outcome: Literal["confirmed", "dismissed"]
    decided_on: date | None = None


class NewExemption(Request):
    """Why the centre is not to be evaluated in the year; `minutes_no` where the year before was failed."""

    reason: Slug
    document_no: DocumentNo
    minutes_no: DocumentNo | None = None
    proposed_on: date | None = None


class ExemptionDecision(Request):
    """Approval or refusal by a bureau."""

    outcome: Literal["approved", "refused"] = "approved"
    decided_on: date | None = None


class SinglePublication(Request):
    """`published_on` only when it was made public earlier. `continuation_basis` names the document under which a fail
    is still published after the edition's end (6-1)."""

    published_on: date | None = None
    continuation_basis: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class EvaluationFilter(PageParams):
    """Filters of the list."""

    no: str | None = None
    centre_id: UUID | None = None
    cycle_id: UUID | None = None
    year: int | None = None
    tier: Annotated[str, Tier] | None = None
    grade: Annotated[str, EditionWord(grades)] | None = None
    status: Annotated[str, OneOf("pending", "scored", "published")] | None = None


class ResultOut(Response):
    """A centre's published result, as everybody may read it."""

    id: UUID
    no: str
    version: int
    cycle_id: UUID
    centre_id: UUID
    centre_no: str
    centre_name: str
    year: int
    edition: str
    tier: str
    status: str
    score: ScoreValue | None
    grade: str | None
    document_no: str | None
    published_on: date | None
    consecutive_fails: int | None
    rectification_id: UUID | None
    delisting_case_id: UUID | None

    @classmethod
    def of(cls, evaluation: Evaluation, centre_no: str, centre_name: str) -> Self:
        """With the centre's number and name, as the registry has them."""
        names = set(cls.model_fields) - {"centre_no", "centre_name"}
        known = {name: getattr(evaluation, name) for name in names}
        return cls(**known, centre_no=centre_no, centre_name=centre_name)

    @classmethod
    def unannounced(cls, evaluation: Evaluation, centre_no: str, centre_name: str) -> ResultOut:
        """That the year is open for the centre, and nothing of how it stands."""
        shown = ResultOut.of(evaluation, centre_no, centre_name)
        hidden = dict.fromkeys(("score", "grade", "consecutive_fails", "rectification_id", "delisting_case_id"))
        return shown.model_copy(update={**hidden, "status": "pending"})


class VetoOut(Response):
    """A veto and whether a second person has confirmed it."""

    id: UUID
    code: str
    status: str
    document_no: str
    recorded_on: date
    decided_on: date | None


class ExemptionOut(Response):
    """An exemption and how far its approval is."""

    id: UUID
    status: str
    reason: str
    document_no: str
    minutes_no: str | None
    decision: StoredDecision
    proposed_on: date
    approved_on: date | None
    approved_bureau: str | None
    countersigned_on: date | None
    countersigned_bureau: str | None


class EvaluationOut(ResultOut):
    """The same with what led to it, for those concerned: preliminary until published."""

    operator_code: str
    owner_division: str
    site_division: str
    total_area_m2: Decimal
    listed_on: date | None
    delisted_on: date | None
    withdrawn_on: date | None
    exempt: bool
    failing: bool
    vetoed: bool
    place: int | None
    graded_in_tier: int | None
    decision: StoredDecision | None
    scored_at: datetime | None
    sheet_id: UUID | None


class EvaluationFile(EvaluationOut):
    """An evaluation with its vetoes and exemptions."""

    vetoes: list[VetoOut]
    exemptions: list[ExemptionOut]


class SheetOut(Response):
    """A score with its lineage: each indicator's formula, inputs and sources, and the records they rest on."""

    id: UUID
    evaluation_id: UUID
    edition: str
    rubric_id: UUID | None
    as_of: date
    computed_at: datetime
    score: ScoreValue
    exact: str
    bonus: ScoreValue | None
    dimensions: dict[str, JsonValue]
    lines: list[JsonValue]
    lineage: dict[str, JsonValue]


class SheetList(Response):
    """All score sheets of an evaluation, newest first."""

    items: list[SheetOut]


class MarkOut(Response):
    """A mark as recorded; the newest of an indicator counts."""

    id: UUID
    evaluation_id: UUID
    indicator: str
    mark: ScoreValue | None
    evidence: str
    marked_on: date
