"""A centre's years as JSON."""

from __future__ import annotations

from uuid import UUID

from services.evaluation.evaluations.schemas import ScoreValue
from shared.http.schemas import Request, Response


class SeriesFilter(Request):
    """Which centre."""

    centre_id: UUID


class PointsInYear(Response):
    """Points of one dimension or indicator; `delta` against the year before, null where one of the two lacks it."""

    name: str
    points: str | None
    value: str | None = None
    delta: str | None


class YearInSeries(Response):
    """One year's result; dimensions and indicators only for those concerned. `same_rubric` tells whether the year
    before was evaluated by the same rubric: points of two rubrics compare only so far."""

    year: int
    evaluation_id: UUID
    evaluation_no: str
    edition: str
    rubric_id: UUID | None
    same_rubric: bool | None
    status: str
    tier: str
    score: ScoreValue | None
    score_delta: str | None
    grade: str | None
    consecutive_fails: int | None
    place: int | None
    graded_in_tier: int | None
    dimensions: list[PointsInYear] | None
    indicators: list[PointsInYear] | None


class Series(Response):
    """A centre's years, oldest first. A year before the last one that is missing here leaves no difference."""

    centre_id: UUID
    centre_no: str
    centre_name: str
    years: list[YearInSeries]
