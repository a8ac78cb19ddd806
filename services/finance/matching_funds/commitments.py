"""What is spent of a year's matching budget, as a ceiling: never more than was approved (5.1-2)."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.ceilings.models import MATCHING_YEAR, ceiling
from services.finance.matching_funds.models import MatchingFund
from services.finance.matching_funds.rules import decide_within_budget
from shared.ceilings import commit_amount, release_amount
from shared.money import ZERO
from shared.policy.decision import Decision
from shared.policy.edition import Edition
from shared.refusals import require_passed


async def set_limit(session: AsyncSession, fund: MatchingFund, amount: Decimal) -> None:
    """The approved amount is the ceiling's limit from here on, a lower one too; its CHECK stands behind the rule."""
    statement = insert(ceiling).values(**_key(fund), limit_amount=amount, committed=ZERO)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "subject", "period"], set_={"limit_amount": statement.excluded.limit_amount}
        )
    )


async def commit_spending(session: AsyncSession, edition: Edition, fund: MatchingFund, amount: Decimal) -> Decision:
    """Take the amount out of what is left. Raises 409 `matching-fund-ceiling-exceeded`."""
    move = await commit_amount(session, ceiling, **_key(fund), amount=amount, limit=fund.budget)
    return require_passed(
        decide_within_budget(edition, fits=move.ok, amount=amount, committed=move.committed, limit=move.limit)
    )


async def release_spending(session: AsyncSession, fund: MatchingFund, amount: Decimal) -> None:
    """Give back what a reversed payment had taken."""
    move = await release_amount(session, ceiling, **_key(fund), amount=amount)
    assert move.ok, f"{fund.no}: {amount} is given back, {move.committed} was spent"


def _key(fund: MatchingFund) -> dict[str, str]:
    return {"kind": MATCHING_YEAR, "subject": fund.division, "period": str(fund.year)}
