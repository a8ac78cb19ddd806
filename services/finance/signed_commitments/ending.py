"""Commitments that nothing can be paid for any more: their grant was closed, or the delisting was reversed (2.3-5)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, func, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.signed_commitments.models import SignedCommitment
from services.finance.signed_commitments.rules import RULE
from services.finance.signed_commitments.states import LAPSED, OPEN
from shared.events import outbox
from shared.events.contracts.finance.grant_years import CommitmentLapsed, CommitmentState
from shared.events.outbox import EventContext


async def lapse_open(
    session: AsyncSession, of: ColumnElement[bool], *, reason_code: str, day: date, context: EventContext
) -> None:
    """End all of them that are open; the grants are locked."""
    case = SignedCommitment
    ending = (
        update(case)
        .where(of, case.status.in_(OPEN))
        .values(
            status=LAPSED,
            reason_code=reason_code,
            ended_on=day,
            ended_by=context.actor,
            version=case.version + 1,
            updated_at=func.now(),
        )
        .returning(*case.__table__.columns)
    )
    rows = (await session.execute(ending, execution_options={"synchronize_session": False})).all()
    if not rows:
        return
    events = [(row.id, row.version, CommitmentState.model_validate(row, from_attributes=True)) for row in rows]
    await outbox.append_many(session, CommitmentLapsed, events, context=context, rules=(RULE,))
