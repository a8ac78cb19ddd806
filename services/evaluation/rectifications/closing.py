"""Orders that end, and begin again, by what becomes of the centre's delisting or of the fail itself (2.3-4, 2.3-5).

A delisting that takes effect leaves nothing to be put right: the centre's open orders are superseded by its case. When
a stay or a reversal takes the effect away they stand again, with the days of the term that were left. An annulled fail
ends its order for good. What was accepted stays accepted.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.rectifications import rules
from services.evaluation.rectifications.models import Rectification
from services.evaluation.rectifications.telling import keep_step, tell
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.policy.edition import Editions

_ANNULMENT = ("delisting.result_annulled",)
_TRIGGER = ("delisting.trigger",)


async def supersede_orders(session: AsyncSession, centre_id: UUID, case_id: UUID, context: EventContext) -> None:
    """The centre's delisting has effect from the context's day on: its open orders end."""
    open_ones = Rectification.centre_id == centre_id, Rectification.status.in_(rules.OPEN)
    for order in await _hold(session, *open_ones):
        day = max(context.effective_on, order.ordered_on)
        order.superseded_from, order.status = order.status, rules.SUPERSEDED
        order.superseded_by, order.closed_on = case_id, day
        keep_step(session, order, rules.SUPERSEDED, context.actor, day, {"case_id": str(case_id)})
        await tell(session, ec.RectificationSuperseded, order, context, rules=_TRIGGER)


async def reopen_orders(session: AsyncSession, editions: Editions, case_id: UUID, context: EventContext) -> None:
    """The delisting has no effect any more: what it took the place of stands again, as it stood."""
    ended = Rectification.superseded_by == case_id, Rectification.status == rules.SUPERSEDED
    for order in await _hold(session, *ended):
        assert order.superseded_from is not None
        assert order.closed_on is not None
        edition = editions.get(order.edition)
        order.due_on = rules.resumed_day(edition, order.due_on, order.closed_on, _later(context, order)).day
        order.status, order.superseded_from = order.superseded_from, None
        order.superseded_by = order.closed_on = None
        details = {"case_id": str(case_id), "due_on": order.due_on.isoformat()}
        keep_step(session, order, "reopened", context.actor, context.effective_on, {**details})
        await tell(session, ec.RectificationReopened, order, context, rules=_TRIGGER)


def _later(context: EventContext, order: Rectification) -> date:
    """An order of a court may reach back before the delisting: the term never ran out meanwhile."""
    assert order.closed_on is not None
    return max(context.effective_on, order.closed_on)


async def annul_order(session: AsyncSession, evaluation_id: UUID, annulment_id: UUID, context: EventContext) -> None:
    """The fail was annulled: there is nothing to be put right, and nothing to hold money for."""
    found = Rectification.evaluation_id == evaluation_id, Rectification.status.in_((*rules.OPEN, rules.SUPERSEDED))
    for order in await _hold(session, *found):
        order.status, order.closed_on = rules.ANNULLED, max(context.effective_on, order.ordered_on)
        order.superseded_from = order.superseded_by = None
        details = {"annulment_id": str(annulment_id)}
        keep_step(session, order, rules.ANNULLED, context.actor, context.effective_on, {**details})
        await tell(session, ec.RectificationAnnulled, order, context, rules=_ANNULMENT)


async def _hold(session: AsyncSession, *which: ColumnElement[bool]) -> list[Rectification]:
    query = select(Rectification).where(*which).order_by(Rectification.id).with_for_update()
    return list(await session.scalars(query.execution_options(populate_existing=True)))
