"""A centre that leaves the list: nothing new goes into its fund or out of it to enterprises; what is held is valued and
sold as before. When the listing is back, so is the fund (2.3-5, 3.2-2)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Row, and_, func, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds import states
from services.finance.angel_funds.cases import state_of
from services.finance.angel_funds.ending import End, end_investments, end_orders
from services.finance.angel_funds.models import AngelFund, AngelFundOrder
from services.finance.appropriations.commitments import Release, release_budgets
from shared.events import outbox
from shared.events.contracts.finance.angel_funds import (
    AngelFundResumed,
    AngelFundState,
    AngelFundStopped,
)
from shared.events.outbox import EventContext

RULES: Final = ("angel_fund.stopped_on_delisting",)
_STOPPED: Final = or_(
    and_(AngelFundOrder.kind == states.PAYMENT, AngelFundOrder.municipal), AngelFundOrder.kind == states.TRANCHE
)
"""Municipal payments and tranches; the other orders go on."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Why and from when a centre's fund rests; the case is the delisting's, None for a withdrawal."""

    centre_id: UUID
    cause: str
    day: date
    case_id: UUID | None
    context: EventContext


async def stop_funds(session: AsyncSession, stops: Sequence[Stop]) -> None:
    """Stop the funds of these centres, which are locked exclusively: end their open municipal payments, tranches and
    what is not invested yet, and give committed budget back. A fund that is stopped stays as it is."""
    by_centre = {stop.centre_id: stop for stop in reversed(stops)}
    query = (
        select(AngelFund)
        .where(
            AngelFund.centre_id.in_(by_centre), AngelFund.status.not_in(states.ENDED), AngelFund.stopped_on.is_(None)
        )
        .order_by(AngelFund.no)
        .with_for_update()
    )
    funds = (await session.scalars(query, execution_options={"populate_existing": True})).all()
    releases: list[Release] = []
    for fund in funds:
        stop = by_centre[fund.centre_id]
        fund.stopped_on, fund.stop_cause, fund.stop_case_id = stop.day, stop.cause, stop.case_id
        data = AngelFundState.model_validate(state_of(fund))
        await outbox.append(
            session, AngelFundStopped, fund, data, context=stop.context, rules=RULES, edition=fund.edition
        )
        end = End(stop.cause, stop.day, RULES, stop.context)
        releases += await end_orders(session, fund, end, _STOPPED)
        await end_investments(session, fund, end)
    await session.flush()
    await release_budgets(session, releases)


async def resume_funds(session: AsyncSession, centre_ids: Collection[UUID], context: EventContext) -> None:
    """The centres are listed again: their funds go on. What was cancelled stays cancelled."""
    lifting = (
        update(AngelFund)
        .where(
            AngelFund.centre_id.in_(centre_ids),
            AngelFund.stopped_on.is_not(None),
            AngelFund.status.not_in(states.ENDED),
            AngelFund.stop_cause == states.DELISTED,
        )
        .values(
            stopped_on=null(),
            stop_cause=null(),
            stop_case_id=null(),
            version=AngelFund.version + 1,
            updated_at=func.now(),
        )
        .returning(*AngelFund.__table__.columns)
    )
    rows: Sequence[Row[tuple[object, ...]]] = (
        await session.execute(lifting, execution_options={"synchronize_session": False})
    ).all()
    events = [(row.id, row.version, AngelFundState.model_validate(state_of(row))) for row in rows]
    await outbox.append_many(session, AngelFundResumed, events, context=context, rules=RULES)
