"""What a fund is worth, and at which price capital comes in and goes out: by the fund's own contract (3.2-2)."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds.models import AngelFund, AngelFundInvestor, AngelInvestment
from services.finance.angel_funds.shares import floor_share
from services.finance.angel_funds.states import NET_VALUE
from shared.money import ZERO


async def value_held(session: AsyncSession, fund: AngelFund) -> Decimal:
    """The investments that are held, by their latest notes, at cost without one; yuan."""
    held = AngelInvestment
    query = select(func.coalesce(func.sum(func.coalesce(held.value, held.cost)), ZERO))
    return await session.scalar(query.where(held.fund_id == fund.id, held.cost > 0)) or ZERO


async def net_assets_of(session: AsyncSession, fund: AngelFund) -> Decimal:
    """What shares of the fund are priced by: at par its cash and what it holds at cost, so that no gain of a note is
    paid out; at net value its cash and what it holds by the latest notes."""
    return fund.cash + (await value_held(session, fund) if fund.pricing == NET_VALUE else fund.invested)


def units_of(investor: AngelFundInvestor, capital: Decimal) -> Decimal:
    """The units that this part of what the investor paid in stands for; all of it for all of them."""
    return floor_share(capital, investor.paid_in, investor.units)
