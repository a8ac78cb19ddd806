"""What is kept back from a provider's next payment for its recoveries (4.3-4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.recoveries import states
from services.vouchers.recoveries.models import Recovery


async def claims_to_withhold(
    session: AsyncSession, issuer_division: str, provider_ids: Collection[UUID], day: date
) -> Mapping[UUID, Sequence[Recovery]]:
    """By provider, locked, the oldest first: recoveries of the issuer whose term for paying back is over, or that the
    provider agreed to have kept back."""
    query = (
        select(Recovery)
        .where(*_due(issuer_division, provider_ids, day))
        .order_by(Recovery.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found: defaultdict[UUID, list[Recovery]] = defaultdict(list)
    for recovery in await session.scalars(query):
        found[recovery.provider_id].append(recovery)
    return found


async def uses_behind(
    session: AsyncSession, issuer_division: str, provider_ids: Collection[UUID], day: date
) -> Sequence[UUID]:
    """The redemptions of those recoveries, for whoever locks them first."""
    query = select(Recovery.redemption_id).where(*_due(issuer_division, provider_ids, day))
    return (await session.scalars(query)).all()


def _due(issuer_division: str, provider_ids: Collection[UUID], day: date) -> tuple[ColumnElement[bool], ...]:
    return (
        Recovery.issuer_division == issuer_division,
        Recovery.provider_id.in_(provider_ids),
        Recovery.status == states.DECIDED,
        or_(Recovery.repay_until < day, Recovery.offset_agreed_on.is_not(None)),
    )
