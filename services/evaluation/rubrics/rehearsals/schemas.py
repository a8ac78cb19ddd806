"""Rehearsals as JSON."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, JsonValue
from sqlalchemy import Row

from services.evaluation.evaluations.schemas import ScoreValue
from services.evaluation.rubrics.models import Rehearsal, RehearsedCentre
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response


class RehearsalRequest(Request):
    """A past year whose evaluation has scores."""

    year: Annotated[int, Field(strict=True, ge=2000, le=2199)]


class RehearsalOut(Response):
    """A rehearsal of one version; `current` while the edition still is that version. `result` counts centres by what
    would change and gives each indicator's mean points by both rubrics."""

    id: UUID
    operation: str
    revision: int
    current: bool
    year: int
    status: str
    done: int
    total: int
    asked_on: date
    finished_at: datetime | None
    result: dict[str, JsonValue] | None

    @classmethod
    def of(cls, rehearsal: Rehearsal, revision: int) -> Self:
        """`revision` is the edition's own."""
        names = ("id", "revision", "year", "status", "done", "total", "finished_at", "result")
        return cls(
            **{name: getattr(rehearsal, name) for name in names},
            operation=f"evaluation-{rehearsal.id}",
            current=rehearsal.revision == revision,
            asked_on=rehearsal.effective_on,
        )


class RehearsalList(Response):
    """Rehearsals of an edition, newest first."""

    items: list[RehearsalOut]
    next: None = None


class RehearsedFilter(PageParams):
    """Filters of the list; `changed` for those whose grade would be another."""

    tier: str | None = None
    changed: bool | None = None
    new_grade: str | None = None


class RehearsedPoints(Response):
    """One indicator by both rubrics; null where it is not in the rubric or was not due."""

    indicator: str
    old: str | None
    new: str | None
    delta: str


class RehearsedCentreOut(Response):
    """One centre by both rubrics on the same facts. `recorded_*` is what the year's evaluation says: it differs from
    `old_*` where the facts have changed since."""

    evaluation_id: UUID
    centre_id: UUID
    centre_no: str
    centre_name: str
    tier: str
    recorded_score: ScoreValue | None
    recorded_grade: str | None
    old_score: ScoreValue
    old_grade: str | None
    new_score: ScoreValue
    new_grade: str | None
    new_bonus: ScoreValue
    vetoes: list[str]
    indicators: list[RehearsedPoints]

    @classmethod
    def of(cls, row: Row[RehearsedCentre, str, str]) -> Self:
        """With each indicator's difference."""
        line = row[0]
        own = {name: getattr(line, name) for name in set(cls.model_fields) - {"centre_no", "centre_name", "indicators"}}
        names = [*line.old_points, *(name for name in line.new_points if name not in line.old_points)]
        points = [_points(name, line.old_points.get(name), line.new_points.get(name)) for name in names]
        return cls(**own, centre_no=row[1], centre_name=row[2], indicators=points)


def _points(indicator: str, old: JsonValue, new: JsonValue) -> RehearsedPoints:
    before = None if old is None else str(old)
    after = None if new is None else str(new)
    delta = Decimal(after or 0) - Decimal(before or 0)
    return RehearsedPoints(indicator=indicator, old=before, new=after, delta=f"{delta:f}")
