"""What came with investments: equity of the centres' angel funds, and rewards for financing (3.2-2, 3.3-2)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds import states
from services.finance.angel_funds.models import AngelFund, AngelInvestment
from services.finance.ceilings.models import REWARD_LIFE, ceiling
from services.finance.exposures.lines import EQUITY, REWARD, Cap, Line
from services.finance.exposures.members import Circle, Member
from services.finance.financing_rewards import states as reward_states
from services.finance.financing_rewards.models import FinancingReward
from shared.money import ZERO
from shared.policy.edition import Edition

_NOTHING: Final = (states.REFUSED, states.CANCELLED)
_NO_REWARD: Final = (reward_states.REFUSED, reward_states.CANCELLED)
_PROMISED: Final = (states.APPROVED, states.INVESTED, states.EXITED, states.WRITTEN_OFF)


async def equity_of(session: AsyncSession, circle: Circle) -> list[Line]:
    """Investments of angel funds in the enterprise, whole: the municipal fund's share is in the fund's statement."""
    found = AngelInvestment
    query = (
        select(found, AngelFund.no)
        .join(AngelFund, AngelFund.id == found.fund_id)
        .where(or_(found.enterprise_id.in_(circle.ids), found.enterprise_code.in_(circle.codes)))
        .where(found.status.not_in(_NOTHING))
        .order_by(found.id)
    )
    return [
        Line(
            whose=circle.whose(investment.enterprise_id, investment.enterprise_code).code,
            programme=EQUITY,
            kind=fund_no,
            case_id=investment.id,
            case_no=investment.no,
            status=investment.status,
            holder=investment.enterprise_code,
            link=f"/v1/angel-funds/investments/{investment.id}",
            requested=investment.amount,
            granted=investment.amount if investment.status in _PROMISED else ZERO,
            paid=investment.paid,
            returned=investment.proceeds,
            outstanding=investment.cost,
            entries_of=investment.fund_id,
        )
        for investment, fund_no in await session.execute(query)
    ]


async def rewards_of(session: AsyncSession, circle: Circle) -> list[Line]:
    """Rewards for investments that the enterprise received (3.3-2)."""
    found = FinancingReward
    query = (
        select(found)
        .where(or_(found.enterprise_id.in_(circle.ids), found.enterprise_code.in_(circle.codes)))
        .where(found.status.not_in(_NO_REWARD))
        .order_by(found.id)
    )
    return [
        Line(
            whose=circle.whose(reward.enterprise_id, reward.enterprise_code).code,
            programme=REWARD,
            kind=reward.investor_type,
            case_id=reward.id,
            case_no=reward.no,
            status=reward.status,
            holder=reward.enterprise_code,
            link=f"/v1/financing-rewards/{reward.id}",
            period=None if reward.fiscal_year is None else str(reward.fiscal_year),
            requested=reward.requested,
            granted=reward.approved or ZERO,
            paid=reward.paid,
            returned=reward.recovered,
            outstanding=reward.recovery_due - reward.recovered,
            entries_of=reward.id,
        )
        for reward in await session.scalars(query)
    ]


async def reward_caps(session: AsyncSession, edition: Edition, member: Member) -> list[Cap]:
    """What is taken of the cap over the enterprise's life (3.3-2)."""
    query = select(func.sum(ceiling.c.committed)).where(
        ceiling.c.kind == REWARD_LIFE, ceiling.c.subject.in_(member.codes)
    )
    cap = edition.reward.enterprise_cap
    return [
        Cap(
            rule="reward.ceiling",
            clause=cap.clause,
            programme=REWARD,
            subject=member.code,
            period=None,
            limit=cap.value,
            counted=await session.scalar(query) or ZERO,
        )
    ]
