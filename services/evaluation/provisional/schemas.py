"""A provisional score as JSON."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import Field, JsonValue

from services.evaluation.evaluations.schemas import ScoreValue
from shared.http.decisions import StoredDecision
from shared.http.schemas import Request, Response


class ProvisionalFilter(Request):
    """Which centre, and which year: without one the year that runs."""

    centre_id: UUID
    year: int | None = Field(default=None, ge=2000, le=2199)


class Bilingual(Response):
    """One text in both languages."""

    zh: str
    en: str


class ProvisionalDimension(Response):
    """A dimension's points out of its weight; null where nothing of it was due so far."""

    dimension: str
    title_zh: str
    title_en: str
    weight: str
    points: str | None


class ProvisionalIndicator(Response):
    """An indicator with its formula in words, the numbers put in, and its points before anything is spread."""

    indicator: str
    dimension: str
    title_zh: str
    title_en: str
    weight: str
    formula: str
    formula_text: Bilingual
    calculation: str
    """`weight × min(1, value ÷ full mark) = points`; empty where nothing was due."""
    applicable: bool
    value: str | None
    full_mark: str
    points: str
    lost: str
    inputs: dict[str, JsonValue]
    fields: list[str]
    sources: list[str]
    reading: Bilingual | None
    """How a limit for each enterprise was applied, or that records were counted and not the form's number."""
    records: dict[str, list[str]]
    """The records that counted, `<case number>:<event>` or `<record>:<version>`, by kind as a score's lineage has them;
    empty where none are counted."""
    evidence: bool
    bonus: bool
    clause: str


class ReportSoFar(Response):
    """A quarter's report: `accepted` counts; `to_come` is not due yet."""

    quarter: int
    status: Literal["accepted", "submitted", "returned", "draft", "missing", "to_come"]
    due_on: date
    late: bool


class MissingItem(Response):
    """What the score lacks: a report that is not accepted, an expert's mark, evidence."""

    kind: Literal["report", "expert_mark", "evidence"]
    subject: str
    text: Bilingual


class PointsToGain(Response):
    """An input that still gives points: the whole score's gain by one more unit, and by as many as are of use."""

    input: str
    title: Bilingual
    unit: Bilingual
    indicators: list[str]
    next_unit: str
    units: int
    points: str
    per_unit: str


class ProvisionalOut(Response):
    """The coming evaluation on the data so far. `lowest` takes experts' marks that are not there as 0, `highest` as
    100, both with reports under review accepted or not, whichever is less or more; `would_pass` goes by the lowest.

    Nothing of this is stored, and no place in the tier is known: `excellent` needs one, see `may_be_excellent`.
    """

    provisional: Literal[True] = True
    centre_id: UUID
    centre_no: str
    centre_name: str
    year: int
    as_of: date
    edition: str
    rubric_id: UUID | None
    evaluation_id: UUID | None
    tier: str
    remote: bool
    hardship: bool
    score: ScoreValue
    lowest: ScoreValue
    highest: ScoreValue
    bonus: Decimal
    grade: str
    grade_lowest: str
    grade_highest: str
    would_pass: bool
    may_be_excellent: bool
    pass_mark: str
    decision: StoredDecision
    dimensions: list[ProvisionalDimension]
    indicators: list[ProvisionalIndicator]
    reports: list[ReportSoFar]
    missing: list[MissingItem]
    points_to_gain: list[PointsToGain]
