"""The municipal share above its limit through no act of the municipal fund: written down, and cured when it is back
(3.2-2)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds.cases import state_of
from services.finance.angel_funds.models import AngelFund, AngelFundBreach, AngelFundOrder
from services.finance.angel_funds.rules import Holding, breached_bases, decide_within_share
from services.finance.angel_funds.states import PAID_IN, SUBSCRIBED
from shared.events import outbox
from shared.events.contracts.finance.angel_funds import AngelFundBreached, AngelFundBreachState, AngelFundCured
from shared.events.outbox import EventContext
from shared.ids import uuid7
from shared.policy.edition import Edition


async def settle_breach(
    session: AsyncSession, edition: Edition, fund: AngelFund, order: AngelFundOrder, context: EventContext
) -> None:
    """Open a breach, note that it is on other bases now, or end it, as the fund stands after the order."""
    holdings = {
        SUBSCRIBED: Holding(fund.municipal_subscribed, fund.subscribed),
        PAID_IN: Holding(fund.municipal_paid_in, fund.paid_in),
    }
    decision = decide_within_share(edition, holdings)
    bases = breached_bases(decision)
    query = select(AngelFundBreach).where(AngelFundBreach.fund_id == fund.id, AngelFundBreach.cured_on.is_(None))
    breach = await session.scalar(query)
    if not bases and breach is None:
        return
    if breach is None:
        breach = AngelFundBreach(
            id=uuid7(),
            fund_id=fund.id,
            bases=bases,
            opened_on=order.effective_on,
            opened_by_order_id=order.id,
            decision=decision.to_json(),
        )
        session.add(breach)
        fund.breached_on = order.effective_on
    elif bases:
        if set(bases) == set(breach.bases):
            return
        breach.bases, breach.decision = bases, decision.to_json()
    else:
        breach.cured_on, breach.cured_by_order_id = max(order.effective_on, breach.opened_on), order.id
        fund.breached_on = None
    await session.flush()
    event_type = AngelFundBreached if bases else AngelFundCured
    data = AngelFundBreachState.model_validate(
        {
            **state_of(fund),
            "bases": tuple(breach.bases),
            "opened_on": breach.opened_on,
            "cured_on": breach.cured_on,
        }
    )
    await outbox.append(session, event_type, fund, data, context=context, rules=decision.rules, edition=fund.edition)
