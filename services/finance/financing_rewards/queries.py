"""Reading rewards: bureaus and the auditor all, divisions and operators those of their centres, enterprises
their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.financing_rewards.cases import visible
from services.finance.financing_rewards.models import FinancingReward
from services.finance.financing_rewards.schemas import RewardDetail, RewardFilter, RewardOut
from services.finance.financing_rewards.states import PAID
from services.finance.projections import known_centre
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import Page, SortKey, paginate

_ORDERS: Final[Mapping[str, Sequence[SortKey]]] = {"no": [FinancingReward.no], "-no": [FinancingReward.no.desc()]}
_EQUAL: Final = (
    FinancingReward.no,
    FinancingReward.centre_id,
    FinancingReward.enterprise_code,
    FinancingReward.investor_code,
    FinancingReward.status,
)


def _visible(principal: Principal) -> Select[FinancingReward]:
    joined = select(FinancingReward).join(known_centre, known_centre.c.id == FinancingReward.centre_id)
    return joined.where(visible(principal))


async def list_rewards(session: AsyncSession, wanted: RewardFilter, principal: Principal) -> Page[RewardOut]:
    """One page of the rewards that the caller sees."""
    query = _visible(principal)
    for column in _EQUAL:
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    if wanted.exception is not None:
        given = FinancingReward.exception_reason.is_not(None)
        query = query.where(given if wanted.exception else ~given)
    if wanted.recheck_due_to is not None:
        due = FinancingReward.recheck_due_on <= wanted.recheck_due_to
        query = query.where(FinancingReward.status == PAID, due)
    return await paginate(session, query, keys=_ORDERS[wanted.sort], params=wanted, item=RewardOut.model_validate)


async def find(session: AsyncSession, reward_id: UUID, principal: Principal) -> RewardDetail:
    """One reward that the caller sees. Raises 404."""
    reward = await session.scalar(_visible(principal).where(FinancingReward.id == reward_id))
    if reward is None:
        raise not_found("financing-reward")
    return RewardDetail.model_validate(reward)
