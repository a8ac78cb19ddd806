"""Reading a centre's years."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import AnyRow
from services.evaluation.evaluations.models import Evaluation, ScoreSheet
from services.evaluation.evaluations.queries import concerned
from services.evaluation.evaluations.series.schemas import PointsInYear, Series, YearInSeries
from services.evaluation.projections import known_centre
from shared.auth.principal import Principal
from shared.errors import not_found

_Points = Mapping[str, tuple[str | None, str | None]]
"""By name: points, value."""


async def series_of(session: AsyncSession, principal: Principal, centre_id: UUID) -> Series:
    """Published years for everybody, preliminary ones for those concerned. Raises 404."""
    named = select(known_centre.c.no, known_centre.c.name, known_centre.c.listed_on).where(
        known_centre.c.id == centre_id
    )
    centre = (await session.execute(named)).one_or_none()
    if centre is None or centre.listed_on is None:
        raise not_found("centre")
    own = concerned(principal)
    query = (
        select(Evaluation, ScoreSheet, own.label("concerned"))
        .outerjoin(ScoreSheet, ScoreSheet.id == Evaluation.sheet_id)
        .where(Evaluation.centre_id == centre_id, or_(Evaluation.status == "published", own))
        .order_by(Evaluation.year)
    )
    rows = (await session.execute(query)).all()
    before: list[AnyRow | None] = [None, *rows[:-1]]
    years = [_year(row, earlier) for row, earlier in zip(rows, before, strict=True)] if rows else []
    return Series(centre_id=centre_id, centre_no=centre.no, centre_name=centre.name, years=years)


def _year(row: AnyRow, earlier: AnyRow | None) -> YearInSeries:
    evaluation: Evaluation = row.Evaluation
    last = earlier if earlier is not None and earlier.Evaluation.year == evaluation.year - 1 else None
    sheet, other = row.ScoreSheet, None if last is None else last.ScoreSheet
    shown = row.concerned and sheet is not None
    rubrics = None if sheet is None or other is None else (_rubric(sheet), _rubric(other))
    own = ("year", "edition", "status", "tier", "score", "grade", "consecutive_fails")
    return YearInSeries(
        **{name: getattr(evaluation, name) for name in own},
        evaluation_id=evaluation.id,
        evaluation_no=evaluation.no,
        rubric_id=None if sheet is None else sheet.rubric_id,
        same_rubric=None if rubrics is None else rubrics[0] == rubrics[1],
        score_delta=_delta(evaluation.score, None if last is None else last.Evaluation.score),
        place=evaluation.place if row.concerned else None,
        graded_in_tier=evaluation.graded_in_tier if row.concerned else None,
        dimensions=_compared(_dimensions(sheet), _dimensions(other)) if shown else None,
        indicators=_compared(_indicators(sheet), _indicators(other)) if shown else None,
    )


def _rubric(sheet: ScoreSheet) -> tuple[str, UUID | None]:
    return sheet.edition, sheet.rubric_id


def _dimensions(sheet: ScoreSheet | None) -> _Points:
    if sheet is None:
        return {}
    return {name: (None if points is None else str(points), None) for name, points in sheet.dimensions.items()}


def _indicators(sheet: ScoreSheet | None) -> _Points:
    lines = [] if sheet is None else sheet.lines
    return {str(line["indicator"]): _points(line) for line in lines if isinstance(line, dict)}


def _points(line: Mapping[str, JsonValue]) -> tuple[str | None, str | None]:
    value = line["value"]
    return (str(line["points"]) if line["applicable"] else None), (None if value is None else str(value))


def _compared(now: _Points, before: _Points) -> list[PointsInYear]:
    nothing: tuple[str | None, str | None] = (None, None)
    return [
        PointsInYear(name=name, points=points, value=value, delta=_delta(points, before.get(name, nothing)[0]))
        for name, (points, value) in now.items()
    ]


def _delta(now: str | Decimal | None, before: str | Decimal | None) -> str | None:
    """A difference with its sign, to six decimals at most."""
    if now is None or before is None:
        return None
    return f"{Decimal(now) - Decimal(before):+f}"
