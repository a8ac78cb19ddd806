"""Grades by centre and year."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.grades.models import known_annulment, known_grade
from services.registry.grades.rules import Grade, latest_by
from services.registry.grades.schemas import GradeOut

Grades = Select[*tuple[Any, ...]]
"""A selection of whole results; Core rows, hence Any."""


_ANNULLED = exists().where(known_annulment.c.evaluation_id == known_grade.c.id)


def grades_of(centre_id: UUID) -> Grades:
    """The results of a centre, and whether they were annulled."""
    return select(*known_grade.c, _ANNULLED.label("annulled")).where(known_grade.c.centre_id == centre_id)


async def published_grades(session: AsyncSession, centre_ids: Sequence[UUID]) -> dict[UUID, list[Grade]]:
    """All that was published about each of the centres and not annulled; those without anything are absent."""
    grades = known_grade.c
    query = select(grades.centre_id, grades.year, grades.grade, grades.version, grades.published_on)
    found: dict[UUID, list[Grade]] = {}
    for row in await session.execute(query.where(grades.centre_id.in_(centre_ids), ~_ANNULLED)):
        found.setdefault(row.centre_id, []).append(Grade(row.year, row.grade, row.version, row.published_on))
    return found


async def latest_grade(session: AsyncSession, centre_id: UUID, day: date) -> Grade | None:
    """The grade of the latest graded year among what was published by the day."""
    return latest_by((await published_grades(session, [centre_id])).get(centre_id, ()), day)


async def latest_results(session: AsyncSession, centre_ids: Sequence[UUID]) -> dict[UUID, GradeOut]:
    """The result of each centre's latest published year, graded or not."""
    grades = known_grade.c
    query = (
        select(*known_grade.c, _ANNULLED.label("annulled"))
        .ext(distinct_on(grades.centre_id))
        .where(grades.centre_id.in_(centre_ids))
        .order_by(grades.centre_id, grades.year.desc(), grades.version.desc())
    )
    return {row.centre_id: GradeOut.model_validate(row) for row in await session.execute(query)}
