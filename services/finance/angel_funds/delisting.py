"""A centre that leaves the list: nothing new goes into its fund or out of it to enterprises; what is held is valued and
sold as before. When the listing is back, so is the fund (2.3-5, 3.2-2)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Row, func, null, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds import states
from services.finance.angel_funds.cases import investment_state, order_state, state_of
from services.finance.angel_funds.models import AngelFund, AngelFundOrder, AngelInvestment
from services.finance.appropriations.commitments import ANGEL_FUND, Claim, Release, release_budgets
from shared.events import outbox
from shared.events.contracts.finance.angel_funds import (
    AngelFundOrderCancelled,
    AngelFundResumed,
    AngelFundState,
    AngelFundStopped,
    AngelInvestmentCancelled,
)
from shared.events.outbox import EventContext

RULES: Final = ("angel_fund.stopped_on_delisting",)


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
        .where(AngelFund.centre_id.in_(by_centre), AngelFund.status != states.REFUSED, AngelFund.stopped_on.is_(None))
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
        releases += await _end_orders(session, fund, stop)
        await _end_investments(session, fund, stop)
    await session.flush()
    await release_budgets(session, releases)


async def resume_funds(session: AsyncSession, centre_ids: Collection[UUID], context: EventContext) -> None:
    """The centres are listed again: their funds go on. What was cancelled stays cancelled."""
    lifting = (
        update(AngelFund)
        .where(
            AngelFund.centre_id.in_(centre_ids),
            AngelFund.stopped_on.is_not(None),
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


async def _end_orders(session: AsyncSession, fund: AngelFund, stop: Stop) -> list[Release]:
    """Municipal payments and tranches that are not done; the other orders go on."""
    stopped = ((AngelFundOrder.kind == states.PAYMENT) & AngelFundOrder.municipal) | (
        AngelFundOrder.kind == states.TRANCHE
    )
    query = select(AngelFundOrder, AngelInvestment.enterprise_code).outerjoin(
        AngelInvestment, AngelInvestment.id == AngelFundOrder.investment_id
    )
    mine = query.where(AngelFundOrder.fund_id == fund.id, AngelFundOrder.status.in_(states.OPEN_ORDERS), stopped)
    releases: list[Release] = []
    for row in (await session.execute(mine.order_by(AngelFundOrder.line))).all():
        order, code = row[0], row[1]
        year = order.fiscal_year if order.status == states.APPROVED else None
        order.status, order.reason_code = states.CANCELLED, stop.cause
        data = order_state(fund, order, code)
        await outbox.append(
            session, AngelFundOrderCancelled, fund, data, context=stop.context, rules=RULES, edition=fund.edition
        )
        if year is not None:
            claim, actor = Claim.of(fund), stop.context.actor
            releases.append(Release(ANGEL_FUND, year, order.amount, claim, stop.day, actor))
    return releases


async def _end_investments(session: AsyncSession, fund: AngelFund, stop: Stop) -> None:
    query = select(AngelInvestment).where(
        AngelInvestment.fund_id == fund.id, AngelInvestment.status.in_(states.NOT_INVESTED)
    )
    for investment in (await session.scalars(query.order_by(AngelInvestment.no))).all():
        investment.status, investment.reason_code, investment.ended_on = states.CANCELLED, stop.cause, stop.day
        data = investment_state(fund, investment)
        await outbox.append(
            session, AngelInvestmentCancelled, fund, data, context=stop.context, rules=RULES, edition=fund.edition
        )
