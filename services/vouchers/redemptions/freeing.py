"""Money of one use that is free again."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.ceilings.returns import give_back
from services.vouchers.vouchers.facts import unspent_of
from services.vouchers.vouchers.models import Voucher
from services.vouchers.vouchers.rules import STOPPED
from shared.money import ZERO


async def free(
    session: AsyncSession, voucher: Voucher, amount: Decimal, *, held: Decimal = ZERO, spent: Decimal = ZERO
) -> None:
    """Take an amount off what is held or spent of a locked voucher: free again or, where it was stopped, given back to
    budget and quota."""
    if amount == 0:
        return
    voucher.held -= held
    voucher.spent -= spent
    if voucher.status == STOPPED:
        voucher.returned += amount
        await give_back(session, [unspent_of(voucher, amount)])
    else:
        voucher.balance += amount
    voucher.version += 1
