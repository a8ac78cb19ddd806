"""Reading rectification orders within the caller's scope."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import in_scope
from services.evaluation.rectifications.models import Rectification, RectificationStep
from services.evaluation.rectifications.schemas import RectificationFilter, StepOut
from shared.auth.principal import Principal
from shared.errors import not_found


def orders_for(principal: Principal, wanted: RectificationFilter) -> Select[Rectification]:
    """The orders the caller may see, filtered."""
    query = select(Rectification).where(in_scope(principal, Rectification.centre_id))
    for name in wanted.model_fields_set - {"limit", "cursor"}:
        query = query.where(getattr(Rectification, name) == getattr(wanted, name))
    return query


async def find_order(
    session: AsyncSession, principal: Principal, order_id: UUID, *, lock: bool = False
) -> Rectification:
    """One order of the caller's scope, locked for a step if asked. Raises 404."""
    query = select(Rectification).where(Rectification.id == order_id, in_scope(principal, Rectification.centre_id))
    order = await session.scalar(query.with_for_update() if lock else query)
    if order is None:
        raise not_found("rectification")
    return order


async def steps_of(session: AsyncSession, order_id: UUID) -> list[StepOut]:
    """Everything done about an order, oldest first."""
    query = select(RectificationStep).where(RectificationStep.rectification_id == order_id)
    return [StepOut.model_validate(step) for step in await session.scalars(query.order_by(RectificationStep.id))]
