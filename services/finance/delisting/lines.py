"""The budget lines that a sweep of centres gives back to, locked before anything is swept."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds.models import AngelFund
from services.finance.appropriations.holdings import UNPAID, lock_held
from services.finance.appropriations.models import budget_commitment as held
from services.finance.financing_rewards.models import FinancingReward
from services.finance.grants.models import Grant


async def lock_lines_of(session: AsyncSession, centre_ids: Collection[UUID]) -> None:
    """The lines of all programmes at once and in the order that transfers lock them in, so that neither waits for the
    other in a circle. The centres are locked exclusively: nothing new is committed for them meanwhile."""
    cases = union_all(
        *(select(case.id).where(case.centre_id.in_(centre_ids)) for case in (Grant, AngelFund, FinancingReward))
    )
    await lock_held(session, held.c.case_id.in_(cases), UNPAID > 0)
