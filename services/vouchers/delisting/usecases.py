"""Carrying out a delisting here: stop the vouchers that depend on the centre, settle their holds, give back what
is unspent, confirm (2.3-5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.ceilings.returns import give_back
from services.vouchers.delisting.effects import keep_effects
from services.vouchers.delisting.models import DelistingCarriedOut
from services.vouchers.delisting.orders import RULES, Order
from services.vouchers.delisting.statements import (
    Found,
    honoured_holds,
    lock_vouchers,
    mark_centres,
    release_holds,
    stop_vouchers,
)
from services.vouchers.projections import known_centre
from services.vouchers.redemptions.claims import free_documents
from services.vouchers.redemptions.disputes.closing import close_released
from services.vouchers.redemptions.recording import record_ended
from services.vouchers.vouchers.facts import unspent_of
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.types import D, EventType
from shared.money import ZERO


@dataclass(slots=True)
class Swept:
    """What one order stopped."""

    stopped: list[UUID] = field(default_factory=list)
    released: list[UUID] = field(default_factory=list)
    honoured: list[UUID] = field(default_factory=list)
    returned: Decimal = ZERO


async def carry_out(session: AsyncSession, orders: Sequence[Order]) -> None:
    """Do what is not done yet, and confirm every case as often as asked, unchanged."""
    by_case = {order.case_id: order for order in orders}
    if not by_case:
        return
    confirmed = await _confirmed_again(session, by_case)
    new = [order for case_id, order in by_case.items() if case_id not in confirmed]
    if new:
        await mark_centres(session, new)
    swept = await sweep(session, await lock_vouchers(session, {order.centre_id: order for order in new}))
    for order in new:
        confirmed[order.case_id] = _carried_out(order, swept[order.case_id])
        session.add(confirmed[order.case_id])
    await session.flush()
    for case_id, done in confirmed.items():
        data = vc.DelistingAppliedData(
            case_id=done.id,
            centre_id=done.centre_id,
            stopped_voucher_ids=tuple(done.stopped_voucher_ids),
            released_redemption_ids=tuple(done.released_redemption_ids),
            honoured_redemption_ids=tuple(done.honoured_redemption_ids),
            returned=done.returned,
            effective_on=done.effective_on,
        )
        await _record(session, vc.DelistingApplied, [(done.id, done.version, data)], by_case[case_id])


async def stop_latecomers(session: AsyncSession, orders: Iterable[Order], enterprise_ids: Sequence[UUID]) -> None:
    """Vouchers of enterprises whose stay at an already delisted centre became known only now (topics have no order).

    Before the delisting is known here this does nothing: its own sweep will find the stay.
    """
    by_centre = {order.centre_id: order for order in orders}
    marked = select(known_centre.c.id).where(
        known_centre.c.id.in_(by_centre), known_centre.c.delisting_case_id.is_not(None)
    )
    delisted = set(await session.scalars(marked))
    late = {centre_id: order for centre_id, order in by_centre.items() if centre_id in delisted}
    if late:
        await sweep(session, await lock_vouchers(session, late, enterprise_ids))


async def sweep(session: AsyncSession, found: Sequence[Found]) -> defaultdict[UUID, Swept]:
    """Stop the locked vouchers and emit an event for each thing that changed; the outcome by case."""
    outcome: defaultdict[UUID, Swept] = defaultdict(Swept)
    if not found:
        return outcome
    order_of = {item.voucher_id: item.order for item in found}
    redemptions = await release_holds(session, found)
    await free_documents(session, redemptions)
    for order in {order.case_id: order for order in order_of.values()}.values():
        of_order = [use for use in redemptions if order_of[use.voucher_id] is order]
        await close_released(session, of_order, order.context)
    released: defaultdict[UUID, Decimal] = defaultdict(Decimal)
    for redemption in redemptions:
        released[redemption.voucher_id] += redemption.subsidy
        outcome[order_of[redemption.voucher_id].case_id].released.append(redemption.id)
    vouchers = await stop_vouchers(session, found, released)
    for voucher in vouchers:
        swept = outcome[order_of[voucher.id].case_id]
        swept.stopped.append(voucher.id)
        swept.returned += voucher.returned
    await give_back(session, [unspent_of(voucher, voucher.returned) for voucher in vouchers])
    honoured = await honoured_holds(session, found)
    for redemption_id, voucher_id, _ in honoured:
        outcome[order_of[voucher_id].case_id].honoured.append(redemption_id)
    case_of = {voucher_id: order.case_id for voucher_id, order in order_of.items()}
    await keep_effects(session, case_of, vouchers, redemptions, honoured)
    for order in {order.case_id: order for order in order_of.values()}.values():
        stopped = [
            (voucher.id, voucher.version, vc.VoucherState.model_validate(voucher, from_attributes=True))
            for voucher in vouchers
            if order_of[voucher.id] is order
        ]
        ended = [use for use in redemptions if order_of[use.voucher_id] is order]
        await _record(session, vc.VoucherStopped, stopped, order)
        await record_ended(session, ended, order.context, RULES, edition=order.edition)
    return outcome


async def _record(
    session: AsyncSession, event_type: EventType[D], rows: Sequence[tuple[UUID, int, D]], order: Order
) -> None:
    await outbox.append_many(session, event_type, rows, context=order.context, rules=RULES, edition=order.edition)


async def _confirmed_again(session: AsyncSession, cases: Iterable[UUID]) -> dict[UUID, DelistingCarriedOut]:
    """Cases carried out before, with the version of one more confirmation."""
    statement = (
        update(DelistingCarriedOut)
        .where(DelistingCarriedOut.id.in_(list(cases)))
        .values(version=DelistingCarriedOut.version + 1)
        .returning(DelistingCarriedOut)
    )
    rows = await session.scalars(statement, execution_options={"synchronize_session": False, "populate_existing": True})
    return {row.id: row for row in rows}


def _carried_out(order: Order, swept: Swept) -> DelistingCarriedOut:
    return DelistingCarriedOut(
        id=order.case_id,
        version=1,
        centre_id=order.centre_id,
        stopped_voucher_ids=sorted(swept.stopped),
        released_redemption_ids=sorted(swept.released),
        honoured_redemption_ids=sorted(swept.honoured),
        returned=swept.returned,
        effective_on=order.effective_on,
    )
