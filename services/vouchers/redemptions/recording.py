"""Events of redemptions and orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.redemptions.models import Redemption
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.events.types import EventType

NO_RULES: Final = ()


def state_of(redemption: Redemption) -> vc.RedemptionState:
    """The whole state of what is, or was, held."""
    return vc.RedemptionState.model_validate(redemption, from_attributes=True)


def order_of(redemption: Redemption) -> vc.OrderState:
    """The whole state of an order."""
    return vc.OrderState.model_validate(redemption, from_attributes=True)


async def record(
    session: AsyncSession,
    event_type: EventType[vc.RedemptionState],
    redemption: Redemption,
    context: EventContext,
    rules: Sequence[str] = NO_RULES,
) -> None:
    """Record what happened to a redemption; raises its version."""
    await outbox.append(
        session,
        event_type,
        redemption,
        state_of(redemption),
        context=context,
        rules=rules,
        edition=redemption.edition,
    )


async def record_order(
    session: AsyncSession,
    event_type: EventType[vc.OrderState],
    redemption: Redemption,
    context: EventContext,
    rules: Sequence[str] = NO_RULES,
) -> None:
    """Record what happened to an order; raises its version."""
    await outbox.append(
        session,
        event_type,
        redemption,
        order_of(redemption),
        context=context,
        rules=rules,
        edition=redemption.edition,
    )


async def record_ended(
    session: AsyncSession,
    ended: Sequence[Redemption],
    context: EventContext,
    rules: Sequence[str] = NO_RULES,
    edition: str | None = None,
) -> None:
    """Record that holds were released and orders ended, whose versions the UPDATE has raised; by their own editions
    unless told which."""
    held = [one for one in ended if one.held_on is not None]
    orders = [one for one in ended if one.held_on is None]
    for name in sorted({one.edition for one in (*held, *orders)}):
        of_edition = edition or name
        releases = [(one.id, one.version, state_of(one)) for one in held if one.edition == name]
        await outbox.append_many(
            session, vc.RedemptionReleased, releases, context=context, rules=rules, edition=of_edition
        )
        ends = [(one.id, one.version, order_of(one)) for one in orders if one.edition == name]
        await outbox.append_many(
            session, vc.RedemptionOrderEnded, ends, context=context, rules=rules, edition=of_edition
        )
