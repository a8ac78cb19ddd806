"""Orders and proposals that end by themselves: because the centre left the list, or because the fund is wound up
(2.3-5, 3.2-2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds import states
from services.finance.angel_funds.cases import investment_state, order_state
from services.finance.angel_funds.models import AngelFund, AngelFundOrder, AngelInvestment
from services.finance.appropriations.commitments import ANGEL_FUND, Claim, Release
from shared.events import outbox
from shared.events.contracts.finance.angel_funds import AngelFundOrderCancelled, AngelInvestmentCancelled
from shared.events.outbox import EventContext


@dataclass(frozen=True, slots=True)
class End:
    """Why and from when."""

    cause: str
    day: date
    rules: Sequence[str]
    context: EventContext


async def end_orders(session: AsyncSession, fund: AngelFund, end: End, which: ColumnElement[bool]) -> list[Release]:
    """Those of the open orders end; the budget that they held is to be given back."""
    query = select(AngelFundOrder, AngelInvestment.enterprise_code).outerjoin(
        AngelInvestment, AngelInvestment.id == AngelFundOrder.investment_id
    )
    mine = query.where(AngelFundOrder.fund_id == fund.id, AngelFundOrder.status.in_(states.OPEN_ORDERS), which)
    releases: list[Release] = []
    for row in (await session.execute(mine.order_by(AngelFundOrder.line))).all():
        order, code = row[0], row[1]
        year = order.fiscal_year if order.status == states.APPROVED else None
        order.status, order.reason_code = states.CANCELLED, end.cause
        data = order_state(fund, order, code)
        await outbox.append(
            session,
            AngelFundOrderCancelled,
            fund,
            data,
            context=end.context,
            rules=end.rules,
            edition=fund.edition,
        )
        if year is not None:
            claim, actor = Claim.of(fund), end.context.actor
            releases.append(Release(ANGEL_FUND, year, order.amount, claim, end.day, actor))
    return releases


async def end_investments(session: AsyncSession, fund: AngelFund, end: End) -> None:
    """What was not paid into ends."""
    query = select(AngelInvestment).where(
        AngelInvestment.fund_id == fund.id, AngelInvestment.status.in_(states.NOT_INVESTED)
    )
    for investment in (await session.scalars(query.order_by(AngelInvestment.no))).all():
        investment.status, investment.reason_code, investment.ended_on = states.CANCELLED, end.cause, end.day
        await outbox.append(
            session,
            AngelInvestmentCancelled,
            fund,
            investment_state(fund, investment),
            context=end.context,
            rules=end.rules,
            edition=fund.edition,
        )
