"""Which rubric a year is evaluated by: the one that was approved for it by its last day, else the policy edition's."""

from __future__ import annotations

import json
from datetime import date
from functools import lru_cache
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.rubrics.counting import by_form
from services.evaluation.rubrics.models import APPROVED, RubricEdition, year_counted_by_form
from shared.policy.edition import Edition, Editions
from shared.policy.rubric import Rubric


async def rubric_for_year(session: AsyncSession, edition: Edition, year: int) -> UUID | None:
    """2.3-2: the newest edition for the year that was approved by its last day; None where the file's own applies. Once
    the year is over the answer stays the same."""
    found = RubricEdition
    query = (
        select(found.id)
        .where(
            found.policy_edition == edition.id,
            found.status == APPROVED,
            found.first_year <= year,
            found.approved_on <= date(year, 12, 31),
        )
        .order_by(found.first_year.desc(), found.number.desc())
        .limit(1)
    )
    return await session.scalar(query)


async def pinned_edition(
    session: AsyncSession, editions: Editions, edition_id: str, rubric_id: UUID | None, year: int
) -> Edition:
    """The policy edition with the rubric that a year is pinned to in the place of its own."""
    edition = editions.get(edition_id)
    if rubric_id is None:
        return await own_edition(session, edition, year)
    return with_rubric(edition, await _content_of(session, rubric_id))


async def own_edition(session: AsyncSession, edition: Edition, year: int) -> Edition:
    """The policy edition with its own rubric, as it counts in the year: one that had begun before records counted keeps
    counting by the form."""
    begun = exists().where(year_counted_by_form.c.year == year)
    return with_rubric(edition, by_form(edition.rubric)) if await session.scalar(select(begun)) else edition


async def edition_of_year(session: AsyncSession, edition: Edition, year: int) -> Edition:
    """The policy edition with the rubric that the year is evaluated by as things stand: once it is scored the one it
    was scored by."""
    pinned = select(EvaluationCycle.rubric_id).where(EvaluationCycle.year == year, EvaluationCycle.status != "open")
    row = (await session.execute(pinned)).one_or_none()
    rubric_id = await rubric_for_year(session, edition, year) if row is None else row.rubric_id
    if rubric_id is None:
        return await own_edition(session, edition, year)
    return with_rubric(edition, await _content_of(session, rubric_id))


async def _content_of(session: AsyncSession, rubric_id: UUID) -> Rubric:
    content = await session.scalar(select(RubricEdition.content).where(RubricEdition.id == rubric_id))
    return _read(json.dumps(content))


def with_rubric(edition: Edition, rubric: Rubric) -> Edition:
    """The same policy, another rubric."""
    return edition.model_copy(update={"rubric": rubric})


@lru_cache(maxsize=32)
def _read(content: str) -> Rubric:
    return Rubric.model_validate_json(content)
