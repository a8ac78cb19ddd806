"""Ending many holds and orders at once: those of a provider, of vouchers, or those whose last day has passed.

Locks are taken in the order of all uses: vouchers by their ids, redemptions, documents, ceilings. Everything is
conditional on the rows as they are then, so a sweep may run anywhere, beside uses and beside itself, any number of
times.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Numeric, Uuid, bindparam, case, column, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.ceilings.returns import give_back
from services.vouchers.redemptions.claims import free_documents
from services.vouchers.redemptions.disputes.closing import close_released
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.recording import record_ended
from services.vouchers.redemptions.rules import HELD, HOLD_EXPIRED, ORDER_EXPIRED, ORDERED, RELEASED, RESERVING
from services.vouchers.vouchers.facts import unspent_of
from services.vouchers.vouchers.models import Voucher
from services.vouchers.vouchers.rules import STOPPED
from shared.events.outbox import EventContext
from shared.ids import uuid7
from shared.money import ZERO

AT_ONCE: Final = 500
"""Redemptions of one transaction of the worker's expiry."""
MOST_AT_ONCE: Final = 5000
"""Of one request's."""
EXPIRED_RULES: Final = ("vouchers.order_open", "vouchers.hold_open")
_BULK: Final = {"synchronize_session": False, "populate_existing": True}
_OPEN: Final = (ORDERED, HELD)


@dataclass(frozen=True, slots=True)
class Expired:
    """How much one pass of the expiry ended."""

    orders: int
    holds: int
    seen: int
    """How many were due when it looked; some of them may have been used meanwhile."""


async def release_holds_of_provider(
    session: AsyncSession,
    provider_id: UUID,
    day: date,
    actor: str,
    reason: str,
    *,
    context: EventContext | None = None,
    rules: Sequence[str] = (),
) -> list[Redemption]:
    """End the provider's orders and release its holds that are not delivered yet; what was delivered is honoured.

    The caller has locked the provider FOR UPDATE, so no hold is made beside this. `reason` is a coded word; the events
    go to `actor`'s account unless a context says more.
    """
    which = (Redemption.provider_id == provider_id) & Redemption.status.in_(_OPEN)
    vouchers = await session.scalars(select(Redemption.voucher_id).where(which).distinct())
    return await _release(
        session, which, vouchers.all(), day=day, reason=reason, context=context or _by(actor, day), rules=rules
    )


async def release_holds_of_vouchers(
    session: AsyncSession,
    voucher_ids: Collection[UUID],
    day: date,
    actor: str,
    reason: str,
    *,
    delivered: bool = False,
    context: EventContext | None = None,
    rules: Sequence[str] = (),
) -> list[Redemption]:
    """End the vouchers' orders and release their holds; with `delivered`, also what was delivered or is disputed.

    What was released is the voucher's balance again; a stopped voucher's goes back to budget and quota.
    """
    open_ones = (ORDERED, *RESERVING) if delivered else _OPEN
    which = Redemption.voucher_id.in_(voucher_ids) & Redemption.status.in_(open_ones)
    return await _release(
        session, which, voucher_ids, day=day, reason=reason, context=context or _by(actor, day), rules=rules
    )


async def expire_due(session: AsyncSession, day: date, context: EventContext, *, at_once: int = AT_ONCE) -> Expired:
    """End orders and holds whose last day lies before `day`, at most so many; what others hold locked is left for the
    next pass only if it changed meanwhile."""
    due = Redemption.status.in_(_OPEN) & (Redemption.expires_on < day)
    query = select(Redemption.id, Redemption.voucher_id).where(due).order_by(Redemption.expires_on, Redemption.id)
    found = (await session.execute(query.limit(at_once))).all()
    if not found:
        return Expired(0, 0, 0)
    which = Redemption.id.in_([row.id for row in found]) & due
    ended = await _release(
        session, which, {row.voucher_id for row in found}, day=day, reason=None, context=context, rules=EXPIRED_RULES
    )
    orders = sum(one.held_on is None for one in ended)
    return Expired(orders, len(ended) - orders, len(found))


def _by(actor: str, day: date) -> EventContext:
    return EventContext(actor=actor, effective_on=day, correlation_id=str(uuid7()))


async def _release(
    session: AsyncSession,
    which: ColumnElement[bool],
    voucher_ids: Collection[UUID],
    *,
    day: date,
    reason: str | None,
    context: EventContext,
    rules: Sequence[str],
) -> list[Redemption]:
    """Lock the vouchers, then end what still fits, give its money back, and record it."""
    if not voucher_ids:
        return []
    locking = select(Voucher.id).where(Voucher.id.in_(voucher_ids)).order_by(Voucher.id)
    await session.execute(locking.with_for_update())
    of_step = case((Redemption.status == ORDERED, ORDER_EXPIRED), else_=HOLD_EXPIRED)
    statement = (
        update(Redemption)
        .where(which)
        .values(
            status=RELEASED,
            released_on=func.greatest(day, Redemption.held_on, Redemption.ordered_on, Redemption.delivered_on),
            released_by=context.actor,
            reason_code=of_step if reason is None else reason,
            version=Redemption.version + 1,
        )
        .returning(Redemption)
    )
    ended = sorted(await session.scalars(statement, execution_options=_BULK), key=lambda one: one.id)
    await settle_released(session, ended)
    await close_released(session, ended, context)
    await record_ended(session, ended, context, rules)
    return ended


async def settle_released(session: AsyncSession, ended: Sequence[Redemption]) -> None:
    """What the ended redemptions reserved is free again, on the voucher or, where that is stopped, in quota and budget;
    their documents are claimed no more. The vouchers are locked by the caller."""
    amounts: defaultdict[UUID, Decimal] = defaultdict(Decimal)
    for one in ended:
        if one.subsidy > 0:
            amounts[one.voucher_id] += one.subsidy
    await free_documents(session, ended)
    if not amounts:
        return
    ids = bindparam("ids", list(amounts), type_=ARRAY(Uuid))
    sums = bindparam("sums", list(amounts.values()), type_=ARRAY(Numeric(18, 2)))
    columns = column("id", Uuid), column("amount", Numeric(18, 2))
    freed = func.unnest(ids, sums).table_valued(*columns, name="freed").render_derived()
    stopped = Voucher.status == STOPPED
    statement = (
        update(Voucher)
        .where(Voucher.id == freed.c.id)
        .values(
            held=Voucher.held - freed.c.amount,
            balance=Voucher.balance + case((stopped, ZERO), else_=freed.c.amount),
            returned=Voucher.returned + case((stopped, freed.c.amount), else_=ZERO),
            version=Voucher.version + 1,
        )
        .returning(Voucher)
    )
    vouchers = await session.scalars(statement, execution_options=_BULK)
    await give_back(
        session, [unspent_of(voucher, amounts[voucher.id]) for voucher in vouchers if voucher.status == STOPPED]
    )
