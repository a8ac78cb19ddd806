"""Correcting a circular whose line was annulled: a dated correction is added, what was issued stays (2.3-4)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.circulars.models import Circular, CircularCorrection, CircularLine
from services.evaluation.delistings.records.models import ResultAnnulment
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.ids import next_case_no, uuid7

_RULES = ("evaluation.circular", "delisting.result_annulled")


async def correct_circular(session: AsyncSession, annulment: ResultAnnulment, context: EventContext) -> None:
    """Say under the year's circular that an annulled result's line no longer holds; once, and only if it has one. A
    circular issued later leaves the centre out by itself."""
    query = (
        select(Circular)
        .join(CircularLine, CircularLine.circular_id == Circular.id)
        .where(CircularLine.evaluation_id == annulment.evaluation_id)
        .with_for_update(of=Circular)
    )
    circular = await session.scalar(query.execution_options(populate_existing=True))
    if circular is None or await _known(session, annulment):
        return
    correction = CircularCorrection(
        id=uuid7(),
        no=await next_case_no(session, "CC", context.effective_on.year),
        circular_id=circular.id,
        evaluation_id=annulment.evaluation_id,
        centre_id=annulment.centre_id,
        annulment_id=annulment.id,
        issuer=annulment.issuer,
        document_no=annulment.document_no,
        corrected_on=context.effective_on,
    )
    session.add(correction)
    await session.flush()
    data = await _corrected(session, circular, correction)
    await outbox.append(
        session, ec.CircularCorrected, circular, data, context=context, rules=_RULES, edition=annulment.edition
    )


async def _known(session: AsyncSession, annulment: ResultAnnulment) -> bool:
    query = select(CircularCorrection.id).where(CircularCorrection.evaluation_id == annulment.evaluation_id)
    return await session.scalar(query) is not None


async def _corrected(
    session: AsyncSession, circular: Circular, correction: CircularCorrection
) -> ec.CircularCorrectedData:
    query = select(CircularLine.centre_id, CircularLine.evaluation_id).where(CircularLine.circular_id == circular.id)
    rows = await session.execute(query.order_by(CircularLine.evaluation_id))
    lines = [ec.CircularLine(centre_id=row.centre_id, evaluation_id=row.evaluation_id) for row in rows]
    return ec.CircularCorrectedData(
        id=circular.id,
        year=circular.year,
        document_no=circular.document_no,
        issued_on=circular.issued_on,
        lines=tuple(lines),
        correction=ec.CircularCorrection.model_validate(correction, from_attributes=True),
    )
