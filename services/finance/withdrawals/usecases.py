"""A centre that left the list at its own request gets no money any more: what is unpaid ends, and gives back what was
committed for it. What was paid stays the centre's to account for: it is spent, given back and closed as before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import null, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds import states as fund_states
from services.finance.angel_funds.delisting import Stop, stop_funds
from services.finance.appropriations.commitments import release_budgets
from services.finance.delisting.lines import lock_lines_of
from services.finance.delisting.usecases import GrantRow, changed, release
from services.finance.financing_rewards.delisting import cancel_rewards
from services.finance.grants import states
from services.finance.grants.cases import state_of
from services.finance.grants.commitments import given_back
from services.finance.grants.models import Grant
from services.finance.journal.entries import Move, Movement, post_many
from services.finance.loans.delisting import Mark, mark
from services.finance.projections import known_centre
from shared.events import outbox
from shared.events.contracts.finance import GrantCancelled
from shared.events.outbox import EventContext

RULES: Final = ("grants.centre_listed",)
WITHDRAWN: Final = "withdrawn"


async def stop_unpaid(session: AsyncSession, causes: Mapping[UUID, EventContext]) -> None:
    """Cancel what is unpaid at these centres (centre → what made it leave), as far as the grant's edition ends unpaid
    grants with the listing.

    The centres are locked exclusively first, as for a delisting; of one that is known otherwise by now nothing ends.
    """
    table = known_centre.c
    query = select(table.id, table.status).where(table.id.in_(causes)).order_by(table.id).with_for_update()
    gone = [row.id for row in await session.execute(query) if row.status == WITHDRAWN]
    await lock_lines_of(session, gone)
    rows: list[GrantRow] = []
    for centre_id in gone:
        context = causes[centre_id]
        cancelling = (
            update(Grant)
            .where(Grant.centre_id == centre_id, Grant.status.in_(states.UNPAID), Grant.cancel_on_delisting)
            .values(
                status=states.CANCELLED,
                held_from=null(),
                reason_code=states.CENTRE_WITHDRAWN,
                ended_on=context.effective_on,
                ended_by=context.actor,
            )
        )
        cancelled = await changed(session, cancelling)
        events = [(row.id, row.version, state_of(row)) for row in cancelled]
        await outbox.append_many(session, GrantCancelled, events, context=context, rules=RULES)
        rows += cancelled
    await mark(session, {centre: Mark(causes[centre].effective_on, None, causes[centre]) for centre in gone})
    await release(session, rows)
    moves = _releases(rows, causes)
    await release_budgets(session, given_back(moves))
    await post_many(session, moves)
    stops = [_stop(centre_id, causes[centre_id]) for centre_id in gone]
    await stop_funds(session, stops)
    await cancel_rewards(session, stops)


def _stop(centre_id: UUID, cause: EventContext) -> Stop:
    return Stop(centre_id, fund_states.WITHDRAWN, cause.effective_on, None, cause)


def _releases(rows: Sequence[GrantRow], causes: Mapping[UUID, EventContext]) -> list[Move]:
    return [
        Move(Movement.RELEASED, row, row.approved, causes[row.centre_id].effective_on, causes[row.centre_id].actor)
        for row in rows
        if row.approved is not None
    ]
