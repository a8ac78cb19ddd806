"""Voucher and redemption, locked for a step in the one order that all uses and sweeps take them in."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.redemptions.models import Redemption
from services.vouchers.vouchers.models import Voucher
from shared.errors import not_found


async def lock_use(
    session: AsyncSession, redemption_id: UUID, concerned: ColumnElement[bool]
) -> tuple[Voucher, Redemption]:
    """The redemption, if it concerns the caller, and its voucher before it. Raises 404."""
    which = select(Redemption.voucher_id).where(Redemption.id == redemption_id, concerned)
    voucher_id = await session.scalar(which)
    if voucher_id is None:
        raise not_found("redemption")
    voucher = select(Voucher).where(Voucher.id == voucher_id).with_for_update()
    redemption = select(Redemption).where(Redemption.id == redemption_id).with_for_update()
    fresh = {"populate_existing": True}
    locked = (await session.scalars(voucher, execution_options=fresh)).one()
    return locked, (await session.scalars(redemption, execution_options=fresh)).one()
