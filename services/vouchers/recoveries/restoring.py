"""The uses behind recoveries: what comes back of a reversed one is the voucher's, or its budget's, again."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.redemptions.models import Redemption
from services.vouchers.vouchers.models import Voucher


async def lock_uses(session: AsyncSession, redemption_ids: Collection[UUID]) -> None:
    """Lock vouchers, then redemptions, before any batch or recovery is: what comes back moves them."""
    if not redemption_ids:
        return
    vouchers = select(Redemption.voucher_id).where(Redemption.id.in_(redemption_ids))
    await session.execute(select(Voucher.id).where(Voucher.id.in_(vouchers)).order_by(Voucher.id).with_for_update())
    uses = select(Redemption.id).where(Redemption.id.in_(redemption_ids)).order_by(Redemption.id)
    await session.execute(uses.with_for_update())
