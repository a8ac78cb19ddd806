"""Reading rehearsals."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.projections import known_centre
from services.evaluation.rubrics.models import Rehearsal, RehearsedCentre, RubricEdition
from services.evaluation.rubrics.rehearsals.schemas import RehearsalOut, RehearsedFilter
from shared.errors import not_found
from shared.policy.decision import Decision, RuleInput
from shared.policy.edition import Edition

WITH_SCORES: Final = ("scored", "announced", "approved", "countersigned", "publishing", "published")
"""States of a cycle whose centres all have scores."""


async def decide_rehearsed(session: AsyncSession, edition: Edition, rubric: RubricEdition) -> Decision:
    """2.3-2: the very version was rehearsed, if there is any year to rehearse on."""
    own = exists().where(
        Rehearsal.rubric_id == rubric.id, Rehearsal.revision == rubric.revision, Rehearsal.status == "done"
    )
    past = exists().where(EvaluationCycle.status.in_(WITH_SCORES))
    rehearsed, possible = (await session.execute(select(own, past))).one()
    passed = rehearsed or not possible
    message = "rubric-in-order" if passed else "rubric-not-rehearsed"
    inputs: dict[str, RuleInput] = {"subject": rubric.no, "revision": rubric.revision}
    return edition.decision(edition.result("rubric.rehearsed", passed, inputs, message=message))


async def find_rehearsal(session: AsyncSession, rubric_id: UUID, rehearsal_id: UUID) -> Rehearsal:
    """One rehearsal of an edition. Raises 404."""
    query = select(Rehearsal).where(Rehearsal.id == rehearsal_id, Rehearsal.rubric_id == rubric_id)
    rehearsal = await session.scalar(query)
    if rehearsal is None:
        raise not_found("rehearsal")
    return rehearsal


async def rehearsals_of(session: AsyncSession, rubric: RubricEdition) -> list[RehearsalOut]:
    """All of an edition, newest first."""
    query = select(Rehearsal).where(Rehearsal.rubric_id == rubric.id).order_by(Rehearsal.id.desc())
    return [RehearsalOut.of(found, rubric.revision) for found in await session.scalars(query)]


def rehearsed_centres(rehearsal_id: UUID, wanted: RehearsedFilter) -> Select[RehearsedCentre, str, str]:
    """The lines of a rehearsal, filtered."""
    line = RehearsedCentre
    query = (
        select(line, known_centre.c.no, known_centre.c.name)
        .join(known_centre, known_centre.c.id == line.centre_id)
        .where(line.rehearsal_id == rehearsal_id)
    )
    if wanted.tier is not None:
        query = query.where(line.tier == wanted.tier)
    if wanted.new_grade is not None:
        query = query.where(line.new_grade == wanted.new_grade)
    if wanted.changed is not None:
        differs = line.new_grade.is_distinct_from(line.old_grade)
        query = query.where(differs if wanted.changed else ~differs)
    return query
