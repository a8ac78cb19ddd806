"""Orders as their events carry them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.delistings.confirmations import decided_data
from services.evaluation.delistings.models import DelistingCase
from services.evaluation.delistings.opening import state_of
from services.evaluation.delistings.remedies import rules
from services.evaluation.delistings.remedies.models import DelistingRemedy
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.events.types import EventType

RULES = ("delisting.remedy_order", "delisting.confirmations")
EFFECT = {rules.STAY: ec.DelistingStayed, rules.LIFT: ec.DelistingLifted, rules.REVERSAL: ec.DelistingReversed}


def remedy_state(remedy: DelistingRemedy) -> ec.DelistingRemedy:
    """The order alone."""
    names = set(ec.DelistingRemedy.model_fields)
    return ec.DelistingRemedy(**{name: getattr(remedy, name) for name in names})


async def approved_orders(session: AsyncSession, case_id: UUID) -> Sequence[DelistingRemedy]:
    """All orders on the case that took effect, in their order."""
    query = (
        select(DelistingRemedy)
        .where(DelistingRemedy.case_id == case_id, DelistingRemedy.status.in_(rules.APPROVED))
        .order_by(DelistingRemedy.ordinal)
    )
    return (await session.scalars(query)).all()


async def effective_data(session: AsyncSession, case: DelistingCase, remedy: DelistingRemedy) -> ec.DelistingRemedyData:
    """The order with the decision it is about, and every order that took effect before it or since."""
    orders = await approved_orders(session, case.id)
    return ec.DelistingRemedyData(
        **decided_data(case).model_dump(),
        remedy=remedy_state(remedy),
        remedies=tuple(remedy_state(order) for order in orders),
    )


async def tell_proposal(
    session: AsyncSession,
    event_type: EventType[ec.DelistingRemedyState],
    case: DelistingCase,
    remedy: DelistingRemedy,
    context: EventContext,
    applied: Sequence[str],
) -> None:
    """An order was recorded or rejected."""
    data = ec.DelistingRemedyState(**state_of(case).model_dump(), remedy=remedy_state(remedy))
    await outbox.append(session, event_type, case, data, context=context, rules=applied, edition=case.edition)


async def tell_effect(
    session: AsyncSession,
    event_type: EventType[ec.DelistingRemedyData],
    case: DelistingCase,
    remedy: DelistingRemedy,
    context: EventContext,
    applied: Sequence[str] = RULES,
) -> None:
    """An order took effect, or was followed by everybody."""
    data = await effective_data(session, case, remedy)
    await outbox.append(session, event_type, case, data, context=context, rules=applied, edition=case.edition)
