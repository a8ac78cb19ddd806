"""Orders on a published delisting, as finance follows them: stay, lift and reversal (2.3-5).

A stay or a reversal lets the centre apply and be paid again; what was cancelled stays cancelled. A lift does what the
delisting did, to what came in between. A reversal closes what is still to be recovered, and what had come back is to be
paid to the centre again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import case, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds.delisting import resume_funds
from services.finance.delisting.models import DelistingCarriedOut
from services.finance.delisting.usecases import (
    CANCELLED_BY,
    RECOVERED_BY,
    Order,
    Outcome,
    announce,
    carry_out,
    changed,
    mark_centres,
    sweep,
)
from services.finance.grants import states
from services.finance.grants.models import Grant
from services.finance.journal.entries import Move, Movement, post_many
from services.finance.loans.delisting import clear
from services.finance.projections import known_centre
from services.finance.repayments.opening import Cause, open_repayments, owed, told
from services.finance.signed_commitments.ending import lapse_open
from services.finance.signed_commitments.models import SignedCommitment
from shared.events import outbox
from shared.events.consumer import Received
from shared.events.contracts import evaluation as ev
from shared.events.contracts.finance import (
    DelistingRemedyApplied,
    GrantRecoveryClosed,
    GrantRepaymentDue,
    RemedyAppliedData,
)
from shared.events.outbox import EventContext
from shared.money import ZERO

RULES: Final = (*CANCELLED_BY, *RECOVERED_BY)
R = TypeVar("R", bound=ev.DelistingRemedyData)
LIFT: Final = "lift"
REVERSAL: Final = "reversal"


@dataclass(slots=True)
class _Done:
    """What an order brought about here."""

    outcome: Outcome = field(default_factory=Outcome)
    closed: list[UUID] = field(default_factory=list)
    not_due: Decimal = ZERO


async def follow_orders(session: AsyncSession, events: Sequence[Received[R]]) -> None:
    """Follow every order on the case that was not followed yet, in their order, and confirm the one named.

    Idempotent, and indifferent to what was missed: each event carries the decision, which is carried out first if it
    was not, and all orders on it. Orders that were followed are kept with the cases that were carried out.
    """
    for event in events:
        data, context = event.data, EventContext.caused_by(event)
        asked = [data.id, *(order.id for order in data.remedies)]
        kept = select(DelistingCarriedOut.id).where(DelistingCarriedOut.id.in_(asked))
        known = set(await session.scalars(kept))
        if data.id not in known:
            await carry_out(session, [Order(data.id, data.centre_id, data.published_on, context)])
        await _hold(session, data.centre_id)
        for order in data.remedies:
            if order.id not in known:
                done = await _follow(session, event, order)
                await _keep(session, event, order, done)
            if order.id not in known or order.id == data.remedy.id:
                await _confirm(session, event, order, context)


async def _hold(session: AsyncSession, centre_id: UUID) -> None:
    """Exclusively, as the delisting does: steps that read the mark are committed by now, later ones find another."""
    await session.execute(select(known_centre.c.id).where(known_centre.c.id == centre_id).with_for_update())


async def _follow(session: AsyncSession, event: Received[R], order: ev.DelistingRemedy) -> _Done:
    done = _Done()
    context = EventContext.caused_by(event)
    again = Order(event.data.id, event.data.centre_id, order.effective_on, context)
    if order.kind == LIFT:
        await mark_centres(session, [again])
        await sweep(session, [again], {again.case_id: done.outcome})
        return done
    await _unmark(session, again)
    await clear(session, {again.case_id: context})
    await resume_funds(session, [again.centre_id], context)
    if order.kind == REVERSAL:
        await _close_recoveries(session, again, done)
        await _repay(session, again, order)
    return done


async def _unmark(session: AsyncSession, order: Order) -> None:
    """The centre may apply again. A row that has nothing but the mark is not needed without it."""
    own = known_centre.c.id == order.centre_id, known_centre.c.delisting_case_id == order.case_id
    await session.execute(delete(known_centre).where(*own, known_centre.c.version == 0))
    await session.execute(update(known_centre).where(*own).values(delisting_case_id=None))


async def _close_recoveries(session: AsyncSession, order: Order, done: _Done) -> None:
    """Nothing more is due: what is outstanding is an advance of the centre's again."""
    held = Grant.recovered - Grant.repaid
    mine = Grant.delisting_case_id == order.case_id, Grant.recovery_due > held
    query = select(Grant.id, (Grant.recovery_due - held).label("outstanding")).where(*mine)
    open_recoveries = {row.id: row.outstanding for row in await session.execute(query.with_for_update())}
    closing = (
        update(Grant)
        .where(Grant.id.in_(open_recoveries))
        .values(
            status=case((Grant.status == states.IN_RECOVERY, states.PAID), else_=Grant.status),
            recovery_due=held,
            reason_code=states.DELISTING_REVERSED,
        )
    )
    rows = await changed(session, closing) if open_recoveries else []
    await announce(session, GrantRecoveryClosed, rows, order, RECOVERED_BY)
    moves = [
        Move(Movement.RECOVERY_CLOSED, row, open_recoveries[row.id], order.published_on, order.context.actor)
        for row in rows
    ]
    await post_many(session, moves)
    mine_too = SignedCommitment.delisting_case_id == order.case_id
    reason, day = states.DELISTING_REVERSED, order.published_on
    await lapse_open(session, mine_too, reason_code=reason, day=day, context=order.context)
    done.closed = [row.id for row in rows]
    done.not_due = sum(open_recoveries.values(), ZERO)


async def _repay(session: AsyncSession, order: Order, remedy: ev.DelistingRemedy) -> None:
    """What had come back is to be paid to the operator it came from."""
    grants = await owed(session, order.case_id)
    if not grants:
        return
    again = update(Grant).where(Grant.id.in_(grants))
    again = again.values(reason_code=states.DELISTING_REVERSED, delisting_case_id=order.case_id)
    await announce(session, GrantRepaymentDue, await changed(session, again), order, RECOVERED_BY)
    cause = Cause(order.case_id, order.published_on, order.context)
    await open_repayments(session, grants, cause, order_id=remedy.id, document_no=remedy.document_no)


async def _keep(session: AsyncSession, event: Received[R], order: ev.DelistingRemedy, done: _Done) -> None:
    session.add(
        DelistingCarriedOut(
            id=order.id,
            version=0,
            centre_id=event.data.centre_id,
            cancelled_grant_ids=[row.id for row in done.outcome.cancelled],
            recovery_grant_ids=done.closed or [row.id for row in done.outcome.recovering],
            released=done.outcome.released,
            recovery_due=done.not_due or done.outcome.recovery_due,
            effective_on=order.effective_on,
        )
    )
    await session.flush()


async def _confirm(
    session: AsyncSession,
    event: Received[R],
    order: ev.DelistingRemedy,
    context: EventContext,
) -> None:
    kept = await session.get_one(DelistingCarriedOut, order.id, with_for_update=True, populate_existing=True)
    repaid = await told(session, order.id) if order.kind == REVERSAL else []
    data = RemedyAppliedData(
        remedy_id=order.id,
        case_id=event.data.id,
        centre_id=event.data.centre_id,
        remedy=order.kind,
        effective_on=kept.effective_on,
        cancelled_grant_ids=tuple(kept.cancelled_grant_ids),
        recovery_grant_ids=tuple(kept.recovery_grant_ids),
        released=kept.released,
        recovery_due=kept.recovery_due,
        repayment_grant_ids=tuple(row.grant_id for row in repaid),
        repayment_due=sum((row.amount for row in repaid), ZERO),
    )
    await outbox.append(
        session, DelistingRemedyApplied, kept, data, context=context, rules=RULES, edition=event.edition
    )
