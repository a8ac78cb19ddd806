"""Orders on a published delisting, as vouchers follows them: stay, lift and reversal (2.3-5).

A stay or a reversal lets vouchers be issued for the centre again; those that were stopped stay stopped, for their money
went back to budget and quota. A lift stops what was issued in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.delisting.models import DelistingCarriedOut
from services.vouchers.delisting.orders import RULES, Order
from services.vouchers.delisting.statements import lock_vouchers, mark_centres, unmark_centre
from services.vouchers.delisting.usecases import Swept, carry_out, sweep
from services.vouchers.projections import known_centre
from shared.events import outbox
from shared.events.consumer import Received
from shared.events.contracts import evaluation as ev, vouchers as vc

LIFT: Final = "lift"
R = TypeVar("R", bound=ev.DelistingRemedyData)


async def follow_orders(session: AsyncSession, events: Sequence[Received[R]]) -> None:
    """Follow every order on the case that was not followed yet, in their order, and confirm the one named.

    Idempotent, and indifferent to what was missed: each event carries the decision, which is carried out first if it
    was not, and all orders on it. Orders that were followed are kept with the cases that were carried out.
    """
    for event in events:
        asked = [event.data.id, *(order.id for order in event.data.remedies)]
        kept = select(DelistingCarriedOut.id).where(DelistingCarriedOut.id.in_(asked))
        known = set(await session.scalars(kept))
        decision = Order.of_decision(event)
        if decision.case_id not in known:
            await carry_out(session, [decision])
        held = select(known_centre.c.id).where(known_centre.c.id == decision.centre_id).with_for_update()
        await session.execute(held)
        for order in event.data.remedies:
            if order.id not in known:
                await _follow(session, replace(decision, effective_on=order.effective_on), order)
            if order.id not in known or order.id == event.data.remedy.id:
                await _confirm(session, decision, order)


async def _follow(session: AsyncSession, decision: Order, order: ev.DelistingRemedy) -> None:
    swept = Swept()
    if order.kind == LIFT:
        await mark_centres(session, [decision])
        outcome = await sweep(session, await lock_vouchers(session, {decision.centre_id: decision}))
        swept = outcome[decision.case_id]
    else:
        await unmark_centre(session, decision.centre_id, decision.case_id)
    session.add(
        DelistingCarriedOut(
            id=order.id,
            version=0,
            centre_id=decision.centre_id,
            stopped_voucher_ids=sorted(swept.stopped),
            released_redemption_ids=sorted(swept.released),
            honoured_redemption_ids=sorted(swept.honoured),
            returned=swept.returned,
            effective_on=order.effective_on,
        )
    )
    await session.flush()


async def _confirm(session: AsyncSession, decision: Order, order: ev.DelistingRemedy) -> None:
    row = await session.get_one(DelistingCarriedOut, order.id, with_for_update=True, populate_existing=True)
    data = vc.RemedyAppliedData(
        remedy_id=order.id,
        case_id=decision.case_id,
        centre_id=row.centre_id,
        remedy=order.kind,
        effective_on=row.effective_on,
        stopped_voucher_ids=_ids(row.stopped_voucher_ids),
        released_redemption_ids=_ids(row.released_redemption_ids),
        honoured_redemption_ids=_ids(row.honoured_redemption_ids),
        returned=row.returned,
    )
    await outbox.append(
        session,
        vc.DelistingRemedyApplied,
        row,
        data,
        context=decision.context,
        rules=RULES,
        edition=decision.edition,
    )


def _ids(found: Sequence[UUID]) -> tuple[UUID, ...]:
    return tuple(found)
