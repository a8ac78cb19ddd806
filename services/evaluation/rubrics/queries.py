"""Reading rubric editions: approved ones for everybody, drafts for the bureaus."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import DIVISION_ROLES, reads_all
from services.evaluation.rubrics.models import APPROVED, RubricEdition, RubricRevision
from services.evaluation.rubrics.pinning import own_edition, rubric_for_year
from services.evaluation.rubrics.schemas import RevisionOut, RubricFile, RubricFilter, RubricOut
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.policy.edition import Edition, Editions


def visible(principal: Principal) -> ColumnElement[bool]:
    """Bureaus, divisions and the auditor read drafts too."""
    if reads_all(principal) or principal.has(*DIVISION_ROLES):
        return true()
    return RubricEdition.status == APPROVED


async def find_rubric(session: AsyncSession, rubric_id: UUID, *, lock: bool = False) -> RubricEdition:
    """One edition, locked for a step if asked. Raises 404."""
    query = select(RubricEdition).where(RubricEdition.id == rubric_id)
    locked = query.with_for_update().execution_options(populate_existing=True)
    rubric = await session.scalar(locked if lock else query)
    if rubric is None:
        raise not_found("rubric")
    return rubric


async def show_rubric(session: AsyncSession, principal: Principal, editions: Editions, rubric_id: UUID) -> RubricOut:
    """An edition the caller may read; for the bureaus with its procedure. Raises 404."""
    query = select(RubricEdition).where(RubricEdition.id == rubric_id, visible(principal))
    rubric = await session.scalar(query)
    if rubric is None:
        raise not_found("rubric")
    edition = editions.get(rubric.policy_edition)
    return (RubricFile if reads_all(principal) else RubricOut).of(edition, rubric)


async def list_rubrics(
    session: AsyncSession, principal: Principal, editions: Editions, wanted: RubricFilter
) -> list[RubricOut]:
    """The policy editions' own rubrics and those made through the service. With `year`, the one that the year is
    evaluated by as things stand."""
    if wanted.year is not None:
        return await _of_year(session, editions.for_evaluation_year(wanted.year), wanted)
    shown: list[RubricOut] = []
    for edition in editions:
        if wanted.edition not in (None, edition.id):
            continue
        if wanted.status in (None, APPROVED):
            shown.append(RubricOut.of(edition))
        query = select(RubricEdition).where(RubricEdition.policy_edition == edition.id, visible(principal))
        if wanted.status is not None:
            query = query.where(RubricEdition.status == wanted.status)
        ordered = query.order_by(RubricEdition.number.nulls_last(), RubricEdition.id)
        shown += [RubricOut.of(edition, rubric) for rubric in await session.scalars(ordered)]
    return shown


async def _of_year(session: AsyncSession, edition: Edition, wanted: RubricFilter) -> list[RubricOut]:
    assert wanted.year is not None
    if wanted.edition not in (None, edition.id) or wanted.status not in (None, APPROVED):
        return []
    rubric_id = await rubric_for_year(session, edition, wanted.year)
    rubric = None if rubric_id is None else await session.get_one(RubricEdition, rubric_id)
    return [RubricOut.of(await own_edition(session, edition, wanted.year), rubric)]


async def revisions_of(session: AsyncSession, rubric_id: UUID) -> list[RevisionOut]:
    """Every version, newest first."""
    query = select(RubricRevision).where(RubricRevision.rubric_id == rubric_id).order_by(RubricRevision.revision.desc())
    return [RevisionOut.model_validate(found) for found in await session.scalars(query)]
