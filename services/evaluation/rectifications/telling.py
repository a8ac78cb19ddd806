"""Rectification orders as the event log tells them, and the steps kept with each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.rectifications.models import Rectification, RectificationItem, RectificationStep
from services.evaluation.rectifications.proposals import items_of
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.events.types import EventType

RULES: Final = ("evaluation.rectification", "evaluation.rectification_term")


def state_of(order: Rectification, items: Sequence[RectificationItem]) -> ec.RectificationState:
    """The order with its items, without their texts."""
    own = set(ec.RectificationState.model_fields) - {"items"}
    told = tuple(
        ec.RectificationItemState(id=item.id, ordinal=item.ordinal, indicator=item.indicator, status=item.status)
        for item in items
    )
    return ec.RectificationState(**{name: getattr(order, name) for name in own}, items=told)


async def tell(
    session: AsyncSession,
    event_type: EventType[ec.RectificationState],
    order: Rectification,
    context: EventContext,
    *,
    rules: Sequence[str] = (),
) -> None:
    """Record what happened to an order, which the caller holds or has just made."""
    await session.flush()
    state = state_of(order, (await items_of(session, [order.id]))[order.id])
    applied = (*RULES, *rules)
    await outbox.append(session, event_type, order, state, context=context, rules=applied, edition=order.edition)


def keep_step(
    session: AsyncSession, order: Rectification, step: str, actor: str, day: date, details: dict[str, JsonValue]
) -> None:
    """Who did what when; stays with the order."""
    session.add(RectificationStep(rectification_id=order.id, step=step, taken_on=day, actor=actor, details=details))
