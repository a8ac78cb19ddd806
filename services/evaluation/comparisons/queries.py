"""Reading score sheets to compare."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import AnyRow
from services.evaluation.comparisons.rules import Lines, compare_lineage, compare_lines
from services.evaluation.comparisons.schemas import (
    ChangedFilter,
    ChangedScore,
    CompareQuery,
    ScoreChanges,
    brief,
    rise,
)
from services.evaluation.evaluations.models import Evaluation, ScoreSheet
from services.evaluation.projections import known_centre
from shared.errors import DomainError, not_found


async def changes_of(session: AsyncSession, evaluation_id: UUID, wanted: CompareQuery) -> ScoreChanges:
    """Raises 404 for another evaluation's sheet, 409 while there is only one."""
    query = select(ScoreSheet).where(ScoreSheet.evaluation_id == evaluation_id).order_by(ScoreSheet.id.desc())
    after = await _named(session, evaluation_id, wanted.after) or await session.scalar(query.limit(1))
    if after is None:
        raise DomainError("nothing-to-compare", 409)
    before = await _named(session, evaluation_id, wanted.before)
    before = before or await session.scalar(query.where(ScoreSheet.id < after.id).limit(1))
    if before is None:
        raise DomainError("nothing-to-compare", 409)
    return ScoreChanges(
        evaluation_id=evaluation_id,
        before=brief(before),
        after=brief(after),
        difference=rise(before.score, after.score),
        indicators=compare_lines(cast(Lines, before.lines), cast(Lines, after.lines)),
        records=compare_lineage(before.lineage, after.lineage),
    )


async def _named(session: AsyncSession, evaluation_id: UUID, sheet_id: UUID | None) -> ScoreSheet | None:
    if sheet_id is None:
        return None
    query = select(ScoreSheet).where(ScoreSheet.id == sheet_id, ScoreSheet.evaluation_id == evaluation_id)
    sheet = await session.scalar(query)
    if sheet is None:
        raise not_found("score_sheet")
    return sheet


def changed_scores(cycle_id: UUID, wanted: ChangedFilter) -> Select[*tuple[Any, ...]]:
    """Each centre's newest sheet and the one before it, found by the index on evaluation and sheet."""
    sheet = ScoreSheet
    newest = (
        select(sheet.id, sheet.score)
        .where(sheet.evaluation_id == Evaluation.id)
        .order_by(sheet.id.desc())
        .limit(1)
        .lateral("newest")
    )
    earlier = (
        select(sheet.id, sheet.score)
        .where(sheet.evaluation_id == Evaluation.id, sheet.id < newest.c.id)
        .order_by(sheet.id.desc())
        .limit(1)
        .lateral("earlier")
    )
    centre = known_centre.c
    query = (
        select(
            Evaluation.id,
            Evaluation.no,
            Evaluation.centre_id,
            centre.no.label("centre_no"),
            centre.name.label("centre_name"),
            Evaluation.grade,
            earlier.c.id.label("before_id"),
            newest.c.id.label("after_id"),
            earlier.c.score.label("score_before"),
            newest.c.score.label("score_after"),
        )
        .select_from(Evaluation)
        .join(newest, true())
        .outerjoin(earlier, true())
        .join(known_centre, centre.id == Evaluation.centre_id)
        .where(Evaluation.cycle_id == cycle_id)
    )
    return query.where(earlier.c.score != newest.c.score) if wanted.changed else query


def shown_change(row: AnyRow) -> ChangedScore:
    """One line of the list."""
    before = row.score_before
    return ChangedScore(
        evaluation_id=row.id,
        evaluation_no=row.no,
        centre_id=row.centre_id,
        centre_no=row.centre_no,
        centre_name=row.centre_name,
        grade=row.grade,
        sheet_before_id=row.before_id,
        sheet_after_id=row.after_id,
        score_before=before,
        score_after=row.score_after,
        difference=None if before is None else rise(before, row.score_after),
    )
