"""What a reward holds of the cap over the enterprise's life, and giving it back; records that are merged count
together (3.3-2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.ceilings.models import REWARD_LIFE, ceiling
from services.finance.enterprises import surviving_code
from services.finance.financing_rewards.models import FinancingReward
from services.finance.financing_rewards.rules import decide_life
from services.finance.financing_rewards.states import LIFE
from services.finance.projections import known_enterprise
from shared.ceilings import commit_amount, release_amount
from shared.money import ZERO
from shared.policy.decision import Decision
from shared.policy.edition import Edition
from shared.refusals import require_passed


async def commit_reward(
    session: AsyncSession, edition: Edition, *, code: str, amount: Decimal, exception: bool
) -> Decision:
    """Hold the amount under the enterprise's ceiling. An exception raises it by what is above the cap.

    Raises 409 `reward-ceiling-exceeded` with what remains.
    """
    cap = edition.reward.enterprise_cap.value
    stored = await session.scalar(
        select(ceiling.c.committed).filter_by(**_key(code)).with_for_update(),
    )
    limit = max(cap, (stored or ZERO) + amount) if exception else cap
    move = await commit_amount(session, ceiling, **_key(code), amount=amount, limit=limit)
    committed = move.committed - amount if move.ok else move.committed
    fits = move.ok and (exception or move.committed <= cap)
    decided = decide_life(edition, fits=fits, amount=amount, committed=committed, limit=limit, exception=exception)
    return require_passed(decided)


async def require_room(session: AsyncSession, edition: Edition, *, code: str, amount: Decimal) -> Decision:
    """Whether the amount would fit now, for the dry run and the application. Raises nothing."""
    committed = await session.scalar(select(ceiling.c.committed).filter_by(**_key(code))) or ZERO
    cap = edition.reward.enterprise_cap.value
    fits = committed + amount <= cap
    return decide_life(edition, fits=fits, amount=amount, committed=committed, limit=cap, exception=False)


async def release_rewards(session: AsyncSession, rewards: Sequence[tuple[str, Decimal]]) -> None:
    """Give back what rewards under these codes held."""
    sums: dict[str, Decimal] = {}
    for code, amount in rewards:
        sums[code] = sums.get(code, ZERO) + amount
    for code, amount in sorted(sums.items()):
        move = await release_amount(session, ceiling, **_key(code), amount=amount)
        assert move.ok, f"{code}: {amount} is given back, {move.committed} was held"


async def combine_lives(session: AsyncSession, merged_ids: Sequence[UUID]) -> None:
    """Records were merged into others: what they were rewarded with counts for those that go on, also where the sum is
    above the cap. Idempotent: nothing is left under the code of the merged record. Records are locked up the chain: an
    approval, or another merger, comes before the move or after it."""
    query = select(known_enterprise.c.id, known_enterprise.c.code).where(
        known_enterprise.c.id.in_(merged_ids), known_enterprise.c.merged_into_id.is_not(None)
    )
    merged = (await session.execute(query.order_by(known_enterprise.c.id))).all()
    codes = {row.code: await surviving_code(session, row.id, lock="update") for row in merged}
    for code, survivor in sorted(codes.items()):
        if code != survivor:
            await _move(session, code, survivor)


async def _move(session: AsyncSession, code: str, survivor: str) -> None:
    mine = update(FinancingReward).where(FinancingReward.ceiling_code == code).values(ceiling_code=survivor)
    await session.execute(mine, execution_options={"synchronize_session": False})
    gone = delete(ceiling).filter_by(**_key(code)).returning(ceiling.c.committed, ceiling.c.limit_amount)
    row = (await session.execute(gone)).one_or_none()
    if row is None:
        return
    moved = insert(ceiling).values(**_key(survivor), limit_amount=row.limit_amount, committed=row.committed)
    total = ceiling.c.committed + moved.excluded.committed
    most = func.greatest(ceiling.c.limit_amount, moved.excluded.limit_amount, total)
    await session.execute(
        moved.on_conflict_do_update(
            index_elements=["kind", "subject", "period"], set_={"committed": total, "limit_amount": most}
        )
    )


def _key(code: str) -> Mapping[str, str]:
    return {"kind": REWARD_LIFE, "subject": code, "period": LIFE}
