"""Lines leave a batch: its sums and its sample follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.settlements import rules, states
from services.vouchers.settlements.models import Settlement, SettlementLine
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.money import ZERO

_MOST_NAMED: Final = 1000


async def take_out(
    session: AsyncSession,
    settlement: Settlement,
    lines: Sequence[SettlementLine],
    status: str,
    reason: str,
    *,
    context: EventContext,
    cited: Sequence[str] = ("vouchers.settlement",),
) -> None:
    """Take lines out of a batch that the caller holds locked. Where lines of the sample leave without having been
    inspected, others are drawn in their stead."""
    for line in lines:
        line.status, line.reason_code, line.waiting = status, reason, status == states.BACK
        line.left_by = context.actor
    await refresh(session, settlement)
    if settlement.sample_size is not None and settlement.status in (states.CHECKING, states.NOTICED):
        await complete_sample(session, settlement)
    if lines:
        redemptions = [line.redemption_id for line in lines]
        await tell_lines(session, vc.SettlementLinesLeft, settlement, redemptions, reason, context, cited)


async def refresh(session: AsyncSession, settlement: Settlement) -> None:
    """Count the lines that are in it."""
    await session.flush()
    line = SettlementLine
    counted = select(
        func.count(),
        func.coalesce(func.sum(line.amount), ZERO),
        func.coalesce(func.sum(line.amount).filter(line.status == states.PAID), ZERO),
    ).where(line.settlement_id == settlement.id, line.status.in_((states.INCLUDED, states.PAID)))
    settlement.line_count, settlement.total, settlement.paid_total = (await session.execute(counted)).one()


async def complete_sample(session: AsyncSession, settlement: Settlement) -> None:
    """Sample as many lines as the draw has to have: of those in the batch and of those that failed an inspection."""
    line = SettlementLine
    query = select(line).where(
        line.settlement_id == settlement.id,
        (line.status == states.INCLUDED) | line.inspection.is_not(None),
    )
    lines = {found.id: found for found in await session.scalars(query)}
    drawn = []
    for found in lines.values():
        found.draw = found.draw or rules.draw_of(settlement.no, found.redemption_id)
        drawn.append(
            rules.Drawn(found.id, found.draw, found.flagged, found.sampled, looked_at=found.inspection is not None)
        )
    for line_id in rules.to_sample(drawn, settlement.sample_size or 0):
        lines[line_id].sampled = True
    await session.flush()


async def tell(
    session: AsyncSession,
    event_type: EventType[vc.SettlementState],
    settlement: Settlement,
    context: EventContext,
    cited: Sequence[str],
) -> None:
    """Append the batch's event with its whole state."""
    data = vc.SettlementState.model_validate(settlement, from_attributes=True)
    await outbox.append(session, event_type, settlement, data, context=context, rules=cited, edition=settlement.edition)


async def tell_lines(
    session: AsyncSession,
    event_type: EventType[vc.SettlementLinesData],
    settlement: Settlement,
    redemption_ids: Sequence[UUID],
    reason: str | None,
    context: EventContext,
    cited: Sequence[str],
) -> None:
    """The same, with the redemptions that it is about."""
    state = vc.SettlementState.model_validate(settlement, from_attributes=True)
    data = vc.SettlementLinesData(
        **state.model_dump(),
        redemption_ids=tuple(redemption_ids[:_MOST_NAMED]),
        redemptions=len(redemption_ids),
        reason_code=reason,
    )
    await outbox.append(session, event_type, settlement, data, context=context, rules=cited, edition=settlement.edition)
