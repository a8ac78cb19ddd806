"""The municipal fund among the investors: who it is, by which payments it holds its share, and what goes back to which
year's budget (3.2-2)."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds import states
from services.finance.angel_funds.cases import Case, investor_of
from services.finance.angel_funds.lots import Lot, across_years, after
from services.finance.angel_funds.models import AngelFund, AngelFundInvestor, AngelFundOrder
from services.finance.angel_funds.schemas import SubscriptionIn
from shared.http.validation import PayloadInvalid
from shared.money import ZERO


async def is_municipal(session: AsyncSession, case: Case, line: SubscriptionIn) -> bool:
    """By the edition's codes, of an investor that is in the fund already by its own. Raises 404, 422
    `municipal_contradicts_code` where the line says otherwise."""
    if line.investor_id is not None:
        municipal = (await investor_of(session, case.fund, line.investor_id)).municipal
    else:
        municipal = line.code in case.edition.investing.fund.municipal_investors.value
    if line.municipal not in (None, municipal):
        raise PayloadInvalid.at("subscriptions", "municipal_contradicts_code")
    return municipal


async def municipal_investor(session: AsyncSession, case: Case) -> AngelFundInvestor | None:
    """The municipal fund among the investors."""
    query = select(AngelFundInvestor).where(
        AngelFundInvestor.fund_id == case.fund.id, AngelFundInvestor.municipal.is_(True)
    )
    found: AngelFundInvestor | None = await session.scalar(query.execution_options(populate_existing=True))
    return found


async def lots_of(session: AsyncSession, fund: AngelFund) -> list[Lot]:
    """What the municipal fund holds, by its payments, the oldest first: what was sold or withdrawn was of the oldest
    that were held by then."""
    query = select(AngelFundOrder).where(
        AngelFundOrder.fund_id == fund.id,
        AngelFundOrder.municipal.is_(True),
        AngelFundOrder.status == states.DONE,
        AngelFundOrder.kind.in_((states.PAYMENT, states.WITHDRAWAL, states.MUNICIPAL_SALE)),
    )
    paid: list[Lot] = []
    gone = ZERO
    for order in await session.scalars(query.order_by(AngelFundOrder.effective_on, AngelFundOrder.line)):
        if order.kind == states.PAYMENT:
            paid.append(Lot(order.effective_on, order.amount))
        elif order.kind == states.WITHDRAWAL:
            gone += Decimal(str(order.body["paid_in"]))
        else:
            gone += order.amount
    return after(paid, gone)


async def to_return(session: AsyncSession, fund: AngelFund, received: Decimal) -> list[tuple[int, Decimal]]:
    """Of what the treasury received, what goes back to the budgets that paid for it: (year, amount), the oldest year
    first and never more than they paid. What is left over is revenue."""
    query = select(AngelFundOrder).where(AngelFundOrder.fund_id == fund.id, AngelFundOrder.status == states.DONE)
    paid: defaultdict[int, Decimal] = defaultdict(Decimal)
    before = ZERO
    for order in await session.scalars(query):
        before += order.returned
        if order.kind == states.PAYMENT and order.fiscal_year is not None:
            paid[order.fiscal_year] += order.amount
    return across_years(sorted(paid.items()), before, received)
