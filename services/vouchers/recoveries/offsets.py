"""What is kept back from a provider's next payment for its recoveries (4.3-4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.providers.models import Provider
from services.vouchers.recoveries import states
from services.vouchers.recoveries.models import Recovery


async def claims_to_withhold(
    session: AsyncSession, issuer_division: str, provider_ids: Collection[UUID], day: date
) -> Mapping[UUID, Sequence[Recovery]]:
    """By provider that is paid, locked, the oldest first: recoveries of the issuer whose term for paying back is over,
    or that the provider agreed to have kept back. One that was admitted anew owes what it owed before: by its code."""
    query = (
        select(Recovery)
        .where(*_due(issuer_division, provider_ids, day))
        .order_by(Recovery.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    recoveries = (await session.scalars(query)).all()
    owing = {recovery.provider_id for recovery in recoveries}
    named = select(Provider.id, Provider.code).where(Provider.id.in_({*owing, *provider_ids}))
    code_of = {row.id: row.code for row in await session.execute(named)}
    return {
        payee: [recovery for recovery in recoveries if code_of[recovery.provider_id] == code_of[payee]]
        for payee in provider_ids
    }


async def uses_behind(
    session: AsyncSession, issuer_division: str, provider_ids: Collection[UUID], day: date
) -> Sequence[UUID]:
    """The redemptions of those recoveries, for whoever locks them first."""
    query = select(Recovery.redemption_id).where(*_due(issuer_division, provider_ids, day))
    return (await session.scalars(query)).all()


def _due(issuer_division: str, provider_ids: Collection[UUID], day: date) -> tuple[ColumnElement[bool], ...]:
    codes = select(Provider.code).where(Provider.id.in_(provider_ids))
    return (
        Recovery.issuer_division == issuer_division,
        Recovery.provider_id.in_(select(Provider.id).where(Provider.code.in_(codes))),
        Recovery.status == states.DECIDED,
        or_(Recovery.repay_until < day, Recovery.offset_agreed_on.is_not(None)),
    )
