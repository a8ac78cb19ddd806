"""Reading circulars; they are public."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.circulars.models import Circular, CircularLine
from services.evaluation.circulars.schemas import CircularFilter, LineOut
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.projections import known_centre
from shared.errors import not_found


def circulars(wanted: CircularFilter) -> Select[Circular]:
    """All circulars, or those of a year."""
    query = select(Circular)
    return query if wanted.year is None else query.where(Circular.year == wanted.year)


async def find_circular(session: AsyncSession, circular_id: UUID) -> Circular:
    """One circular. Raises 404."""
    circular = await session.get(Circular, circular_id)
    if circular is None:
        raise not_found("circular")
    return circular


async def lines_of(session: AsyncSession, circular_id: UUID) -> list[LineOut]:
    """The failed centres of a circular."""
    query = (
        select(
            CircularLine.centre_id,
            known_centre.c.no.label("centre_no"),
            known_centre.c.name.label("centre_name"),
            CircularLine.evaluation_id,
            Evaluation.no.label("evaluation_no"),
            Evaluation.score,
            Evaluation.consecutive_fails,
            Evaluation.delisting_case_id,
        )
        .join(Evaluation, Evaluation.id == CircularLine.evaluation_id)
        .join(known_centre, known_centre.c.id == CircularLine.centre_id)
        .where(CircularLine.circular_id == circular_id)
        .order_by(Evaluation.no)
    )
    return [LineOut.model_validate(row) for row in await session.execute(query)]
