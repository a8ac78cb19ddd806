"""Reading how a fund ends: as it was distributed, or as it would be now (3.2-2)."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds import states
from services.finance.angel_funds.answers import LiquidationOut, SettlementOut
from services.finance.angel_funds.liquidation import deficiency_of, shares_of
from services.finance.angel_funds.models import AngelFund, AngelFundInvestor, AngelFundOrder, AngelFundSettlement
from services.finance.angel_funds.schemas import FinalDistributionIn
from shared.money import ZERO


async def liquidation(session: AsyncSession, fund: AngelFund) -> LiquidationOut:
    """Investor by investor, with what each lacks. Before the end it is a forecast: what is held brings its cost."""
    order = await _last(session, fund)
    sent = FinalDistributionIn(document_no="-") if order is None else FinalDistributionIn.model_validate(order.body)
    settled = await _settled(session, fund) if order else await _forecast(session, fund)
    due = sum((one.share for one in settled if one.municipal), ZERO)
    own = ("no", "status", "wound_up_on", "winding_up_cause", "terminated_on")
    return LiquidationOut.model_validate(
        {
            **{name: getattr(fund, name) for name in own},
            "fund_id": fund.id,
            "final": order is not None,
            "costs": sent.costs,
            "unpaid_debts": sent.unpaid_debts,
            "distributed": sum((one.share for one in settled), ZERO),
            "deficiency": sum((one.deficiency for one in settled), ZERO),
            "due": due,
            "received": due if order is not None and order.received_on is not None else ZERO,
            "investors": settled,
        }
    )


async def _last(session: AsyncSession, fund: AngelFund) -> AngelFundOrder | None:
    found: AngelFundOrder | None = await session.scalar(
        select(AngelFundOrder).where(
            AngelFundOrder.fund_id == fund.id,
            AngelFundOrder.kind == states.LIQUIDATION,
            AngelFundOrder.status == states.DONE,
        )
    )
    return found


async def _settled(session: AsyncSession, fund: AngelFund) -> list[SettlementOut]:
    query = (
        select(AngelFundSettlement, AngelFundInvestor)
        .join(AngelFundInvestor, AngelFundInvestor.id == AngelFundSettlement.investor_id)
        .where(AngelFundSettlement.fund_id == fund.id)
        .order_by(AngelFundInvestor.line)
    )
    return [
        _shown(investor, row.capital, row.units, row.proceeds, row.share, row.deficiency)
        for row, investor in await session.execute(query)
    ]


async def _forecast(session: AsyncSession, fund: AngelFund) -> list[SettlementOut]:
    query = select(AngelFundInvestor).where(AngelFundInvestor.fund_id == fund.id).order_by(AngelFundInvestor.line)
    investors = (await session.scalars(query)).all()
    shares = shares_of(investors, fund.cash + fund.invested)
    return [
        _shown(one, one.paid_in, one.units, one.proceeds, shares[one.id], deficiency_of(one, shares[one.id]))
        for one in investors
    ]


def _shown(
    investor: AngelFundInvestor,
    capital: Decimal,
    units: Decimal,
    proceeds: Decimal,
    share: Decimal,
    deficiency: Decimal,
) -> SettlementOut:
    return SettlementOut(
        investor_id=investor.id,
        line=investor.line,
        code=investor.code,
        name=investor.name,
        municipal=investor.municipal,
        capital=capital,
        units=units,
        proceeds=proceeds,
        share=share,
        deficiency=deficiency,
    )
