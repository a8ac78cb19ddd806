"""Comparisons of score sheets as JSON."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from services.evaluation.comparisons.rules import LineChange, RecordChange
from services.evaluation.evaluations.models import ScoreSheet
from services.evaluation.evaluations.schemas import ScoreValue
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response


class CompareQuery(Request):
    """Two sheets of the evaluation by their ids; left out, the newest and the one before it."""

    before: UUID | None = None
    after: UUID | None = None


class SheetBrief(Response):
    """Which sheet."""

    id: UUID
    as_of: date
    rubric_id: UUID | None
    score: ScoreValue
    computed_by: str


class ScoreChanges(Response):
    """What scoring again changed: indicator by indicator with the numbers that went in, and the records behind."""

    evaluation_id: UUID
    before: SheetBrief
    after: SheetBrief
    difference: ScoreValue
    indicators: list[LineChange]
    records: list[RecordChange]


class ChangedFilter(PageParams):
    """Filters of a year's changes: only scores that differ, unless `changed` is false."""

    changed: bool = True


class ChangedScore(Response):
    """A centre's newest score beside the one before it."""

    evaluation_id: UUID
    evaluation_no: str
    centre_id: UUID
    centre_no: str
    centre_name: str
    grade: str | None
    sheet_before_id: UUID | None
    sheet_after_id: UUID
    score_before: ScoreValue | None
    score_after: ScoreValue
    difference: ScoreValue | None


def brief(sheet: ScoreSheet) -> SheetBrief:
    """A sheet without its lines."""
    return SheetBrief.model_validate(sheet)


def rise(before: Decimal, after: Decimal) -> Decimal:
    """How much the score rose; negative when it fell."""
    return after - before
