"""Reading circulars; they are public."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.circulars.models import Circular, CircularCorrection, CircularLine
from services.evaluation.circulars.schemas import CircularFilter, CorrectionOut, LineOut
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
    """The failed centres of a circular, as it named them."""
    line, correction, centre = CircularLine, CircularCorrection, known_centre.c
    corrected = and_(correction.circular_id == line.circular_id, correction.evaluation_id == line.evaluation_id)
    query = (
        select(
            line.centre_id,
            func.coalesce(line.centre_no, centre.no).label("centre_no"),
            func.coalesce(line.centre_name, centre.name).label("centre_name"),
            func.coalesce(line.operator_name, centre.operator_name).label("operator_name"),
            line.evaluation_id,
            Evaluation.no.label("evaluation_no"),
            Evaluation.score,
            Evaluation.consecutive_fails,
            line.order_no,
            Evaluation.delisting_case_id,
            line.case_no,
            correction.corrected_on,
        )
        .join(Evaluation, Evaluation.id == line.evaluation_id)
        .join(known_centre, centre.id == line.centre_id)
        .outerjoin(correction, corrected)
        .where(line.circular_id == circular_id)
        .order_by(Evaluation.no)
    )
    return [LineOut.model_validate(row) for row in await session.execute(query)]


async def corrections_of(session: AsyncSession, circular_id: UUID) -> list[CorrectionOut]:
    """What was corrected since, oldest first."""
    query = select(CircularCorrection).where(CircularCorrection.circular_id == circular_id)
    return [CorrectionOut.model_validate(row) for row in await session.scalars(query.order_by(CircularCorrection.id))]


async def find_correction(session: AsyncSession, circular_id: UUID, correction_id: UUID) -> CircularCorrection:
    """One correction of a circular. Raises 404."""
    correction = await session.get(CircularCorrection, correction_id)
    if correction is None or correction.circular_id != circular_id:
        raise not_found("circular_correction")
    return correction
