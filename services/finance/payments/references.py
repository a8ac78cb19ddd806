"""A slip of the treasury pays one case: the references of all programmes are in one space (3.1-4)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.alliance_support.models import AllianceSupport
from services.finance.financing_rewards.models import FinancingReward
from services.finance.grants.models import Grant
from services.finance.guarantees.models import GuaranteeClaim
from services.finance.subsidies.models import SubsidyStatement
from shared.errors import DomainError

_SEED: Final = 4756
"""Keeps these advisory locks apart from other uses."""


async def require_unpaid_with(session: AsyncSession, reference: str) -> None:
    """The reference stays this transaction's until it ends.

    Raises 409 `payment-reference-used` with the case that has it.
    """
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(reference, _SEED))))
    of_the_public_fund = (GuaranteeClaim.budget_amount > 0, GuaranteeClaim.livemode)
    query = union_all(
        select(FinancingReward.no).where(FinancingReward.payment_reference == reference),
        select(AllianceSupport.no).where(AllianceSupport.payment_reference == reference),
        select(SubsidyStatement.no).where(SubsidyStatement.payment_reference == reference),
        select(GuaranteeClaim.no).where(GuaranteeClaim.payment_reference == reference, *of_the_public_fund),
        select(Grant.no).where(Grant.payment_reference == reference),
    )
    case_no = await session.scalar(query.limit(1))
    if case_no is not None:
        raise DomainError("payment-reference-used", 409, params={"reference": reference, "case_no": case_no})
