"""A centre that leaves the list: rewards of its enterprises that are not paid yet end, and give back what they held
(2.3-5, 3.3-2). What was paid stays and is looked at again as before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds.delisting import Stop
from services.finance.appropriations.commitments import FINANCING_REWARD, Claim, Release, release_budgets
from services.finance.financing_rewards import states
from services.finance.financing_rewards.cases import booking, state_of
from services.finance.financing_rewards.commitments import release_rewards
from services.finance.financing_rewards.models import FinancingReward
from services.finance.journal.entries import Movement, book
from shared.events import outbox
from shared.events.contracts.finance.financing_support import RewardCancelled

RULES: Final = ("reward.centre_delisted",)


async def cancel_rewards(session: AsyncSession, stops: Sequence[Stop]) -> None:
    """Cancel what is unpaid at these centres, which are locked exclusively, as far as its edition does so."""
    held: list[tuple[str, FinancingReward, Stop]] = []
    for stop in sorted(stops, key=lambda stop: str(stop.centre_id)):
        ending = (
            update(FinancingReward)
            .where(
                FinancingReward.centre_id == stop.centre_id,
                FinancingReward.status.in_(states.UNPAID),
                FinancingReward.cancel_on_delisting,
            )
            .values(
                status=states.CANCELLED,
                reason_code=stop.cause,
                ended_on=stop.day,
                version=FinancingReward.version + 1,
                updated_at=func.now(),
            )
            .returning(FinancingReward)
        )
        options = {"synchronize_session": False, "populate_existing": True}
        rows = (await session.scalars(ending, execution_options=options)).all()
        ended = sorted(rows, key=lambda row: row.no)
        events = [(row.id, row.version, state_of(row)) for row in ended]
        await outbox.append_many(session, RewardCancelled, events, context=stop.context, rules=RULES)
        held += [(row.ceiling_code, row, stop) for row in ended if row.ceiling_code is not None]
    await release_rewards(session, [(code, row.approved) for code, row, _ in held if row.approved is not None])
    await release_budgets(
        session,
        [
            Release(FINANCING_REWARD, row.fiscal_year, row.approved, Claim.of(row), stop.day, stop.context.actor)
            for _, row, stop in held
            if row.fiscal_year is not None and row.approved is not None
        ],
    )
    await book(
        session,
        [
            booking(Movement.REWARD_RELEASED, row, row.approved, stop.day, stop.context.actor)
            for _, row, stop in held
            if row.approved is not None
        ],
    )
