"""Issuing the circular of a year."""

from __future__ import annotations

from datetime import date

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.circulars.models import Circular, CircularLine
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.evaluations.models import Evaluation
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.ids import uuid7


async def issue_circular(
    session: AsyncSession, cycle: EvaluationCycle, issued_on: date, context: EventContext
) -> Circular:
    """2.3-4: one circular a year, a line for each failed centre, when the year's publication is complete."""
    assert cycle.document_no is not None
    circular = Circular(
        id=uuid7(),
        version=0,
        cycle_id=cycle.id,
        year=cycle.year,
        document_no=cycle.document_no,
        issued_on=issued_on,
    )
    session.add(circular)
    await session.flush()
    failed = (
        await session.execute(
            select(Evaluation.id, Evaluation.centre_id)
            .where(Evaluation.cycle_id == cycle.id, Evaluation.failing)
            .order_by(Evaluation.no)
        )
    ).all()
    lines = [ec.CircularLine(centre_id=row.centre_id, evaluation_id=row.id) for row in failed]
    if lines:
        await session.execute(
            insert(CircularLine), [{"circular_id": circular.id, **line.model_dump()} for line in lines]
        )
    data = ec.CircularState(
        id=circular.id,
        year=circular.year,
        document_no=circular.document_no,
        issued_on=issued_on,
        lines=tuple(lines),
    )
    await outbox.append(
        session,
        ec.CircularIssued,
        circular,
        data,
        context=context,
        rules=("evaluation.circular",),
        edition=cycle.edition,
    )
    return circular
