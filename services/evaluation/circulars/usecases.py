"""Issuing the circular of a year."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Select, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.circulars.models import Circular, CircularLine
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.delistings.models import DelistingCase
from services.evaluation.delistings.records.models import ResultAnnulment
from services.evaluation.delistings.records.queries import APPROVED
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.projections import known_centre
from services.evaluation.rectifications.models import Rectification
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.ids import uuid7


async def issue_circular(
    session: AsyncSession, cycle: EvaluationCycle, issued_on: date, context: EventContext
) -> Circular:
    """2.3-4: one circular a year, a line for each failed centre, when the year's publication is complete.

    A fail that was annulled before that is not named any more. The caller holds the cycle FOR UPDATE and turns it to
    published in the same transaction, so that this happens once.
    """
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
    rows = [dict(row._mapping) for row in await session.execute(_failed(cycle))]
    if rows:
        await session.execute(insert(CircularLine), [{"circular_id": circular.id, **row} for row in rows])
    lines = [ec.CircularLine(centre_id=row["centre_id"], evaluation_id=row["evaluation_id"]) for row in rows]
    data = ec.CircularState(
        id=circular.id, year=circular.year, document_no=circular.document_no, issued_on=issued_on, lines=tuple(lines)
    )
    applied = ("evaluation.circular",)
    await outbox.append(
        session, ec.CircularIssued, circular, data, context=context, rules=applied, edition=cycle.edition
    )
    return circular


def _failed(cycle: EvaluationCycle) -> Select[*tuple[Any, ...]]:
    """The year's failed centres, with what the circular says of each."""
    annulled = select(ResultAnnulment.id).where(
        ResultAnnulment.evaluation_id == Evaluation.id, ResultAnnulment.status == APPROVED
    )
    return (
        select(
            Evaluation.id.label("evaluation_id"),
            Evaluation.centre_id,
            known_centre.c.no.label("centre_no"),
            known_centre.c.name.label("centre_name"),
            known_centre.c.operator_name,
            Rectification.no.label("order_no"),
            DelistingCase.no.label("case_no"),
        )
        .join(known_centre, known_centre.c.id == Evaluation.centre_id)
        .outerjoin(Rectification, Rectification.id == Evaluation.rectification_id)
        .outerjoin(DelistingCase, DelistingCase.id == Evaluation.delisting_case_id)
        .where(Evaluation.cycle_id == cycle.id, Evaluation.failing, ~annulled.exists())
        .order_by(Evaluation.no)
    )
