"""The documents of a financing reward: agreement, bank slip, register of capital, and what a re-check found."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.documents.shelves import case_documents
from services.finance.financing_rewards import states
from services.finance.financing_rewards.cases import READERS, found
from services.finance.financing_rewards.models import FinancingReward
from services.finance.financing_rewards.states import KIND
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.errors import invalid_transition

_ENDED = (states.CLOSED, states.REFUSED, states.CANCELLED)
_OPEN = tuple(state for state in states.STATES if state not in _ENDED)


async def _read(session: AsyncSession, principal: Principal, reward_id: UUID) -> None:
    await found(session, reward_id, principal)


async def _write(session: AsyncSession, principal: Principal, reward_id: UUID) -> bool:
    """As long as the reward is not over; taken out again only before it was reviewed."""
    await found(session, reward_id, principal)
    query = select(FinancingReward.status).where(FinancingReward.id == reward_id)
    status = await session.scalar(query.with_for_update(read=True))
    if status not in _OPEN:
        raise invalid_transition(str(status), _OPEN)
    return status == states.APPLIED


router = case_documents(
    "/v1/financing-rewards",
    KIND,
    rule="reward.investment",
    edition=lambda reward_id: select(FinancingReward.edition).where(FinancingReward.id == reward_id),
    read=_read,
    write=_write,
    readers=require(*READERS),
    writers=require(r.ENTERPRISE, r.CENTRE_OPERATOR, r.FINANCE_OFFICER, r.TREASURY_OFFICER, r.TREASURY_APPROVER),
)
