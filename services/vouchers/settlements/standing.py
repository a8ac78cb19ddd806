"""Where a redemption stands between capture and payment, and how it leaves the queue when it is reversed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, case, exists, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.vouchers.settlements import states
from services.vouchers.settlements.lines import take_out
from services.vouchers.settlements.models import Settlement, SettlementLine
from shared.errors import DomainError
from shared.events.outbox import EventContext

Standing = Literal["none", "in_batch", "paid", "rejected"]

NONE: Final = "none"
IN_BATCH: Final = "in_batch"
REJECTED: Final = "rejected"
"""Out of a batch, or refused by the bank; unless it is barred the next batch collects it."""


async def settlement_of(session: AsyncSession, redemption_ids: Collection[UUID]) -> Mapping[UUID, Standing]:
    """Where redemptions stand; those that no batch has had are left out: `none`."""
    line = SettlementLine
    newest = (
        select(line.redemption_id, line.status)
        .where(line.redemption_id.in_(redemption_ids))
        .ext(distinct_on(line.redemption_id))
        .order_by(line.redemption_id, line.id.desc())
    )
    return {redemption: _standing(status) for redemption, status in await session.execute(newest)}


def _standing(status: str) -> Standing:
    if status == states.PAID:
        return "paid"
    return "in_batch" if status == states.INCLUDED else "rejected"


def settlement_column(redemption_id: InstrumentedAttribute[UUID]) -> ColumnElement[str]:
    """The same as a column of a list of redemptions."""
    line = SettlementLine
    shown = case((line.status == states.PAID, "paid"), (line.status == states.INCLUDED, IN_BATCH), else_=REJECTED)
    newest = select(shown).where(line.redemption_id == redemption_id).order_by(line.id.desc()).limit(1)
    return func.coalesce(newest.scalar_subquery(), NONE)


async def leave_settlement(session: AsyncSession, redemption_id: UUID, left: Decimal, *, context: EventContext) -> bool:
    """Take a redemption that is being reversed, down to what is `left` of its subsidy, out of its batch; the caller
    holds it FOR UPDATE. True where it was paid already: then its money has to be claimed back
    (`recoveries.usecases.open_recovery`).

    What is still owed after a part was reversed is collected again; what was barred stays barred until it is readmitted
    by the way that there is for it. Raises 409 `redemption-in-payment` from the batch's approval until the bank has
    answered.
    """
    live = select(SettlementLine.settlement_id, SettlementLine.id).where(
        SettlementLine.redemption_id == redemption_id, SettlementLine.status.in_(states.LIVE)
    )
    found = (await session.execute(live)).one_or_none()
    if found is None:
        if left == 0:
            await _wait_no_longer(session, redemption_id)
        return False
    batch = select(Settlement).where(Settlement.id == found.settlement_id).with_for_update()
    settlement = (await session.scalars(batch.execution_options(populate_existing=True))).one()
    line = await session.get_one(SettlementLine, found.id, populate_existing=True)
    if line.status == states.PAID:
        return True
    if line.status not in states.LIVE:
        return False
    if line.status == states.INCLUDED and settlement.status not in states.BEFORE_APPROVAL:
        raise DomainError("redemption-in-payment", 409, params={"no": settlement.no, "status": settlement.status})
    if line.status == states.BARRED and left > 0:
        line.amount = left
        return False
    status = states.BACK if left > 0 else states.REVERSED
    await take_out(session, settlement, [line], status, states.REVERSED_AFTER, context=context)
    return False


async def _wait_no_longer(session: AsyncSession, redemption_id: UUID) -> None:
    """Nothing is owed any more for a line that went back."""
    line = SettlementLine
    waiting = update(line).where(line.redemption_id == redemption_id, line.waiting)
    await session.execute(waiting.values(waiting=False), execution_options={"synchronize_session": False})


def not_settled(redemption_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Redemptions that no batch has now, has paid, or has barred."""
    line = SettlementLine
    return ~exists().where(line.redemption_id == redemption_id, line.status.in_(states.LIVE))
