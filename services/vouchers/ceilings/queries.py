"""What the ceilings hold."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.ceilings.models import BUDGET, ceiling
from services.vouchers.programmes.models import Programme
from shared.money import ZERO


async def committed_of(session: AsyncSession, programme: Programme) -> Decimal:
    """Yuan of the programme's budget that its vouchers have taken, less what came back."""
    rows = ceiling.c
    query = select(rows.committed).where(
        rows.kind == BUDGET, rows.subject == str(programme.id), rows.period == str(programme.year)
    )
    found: Decimal | None = await session.scalar(query)
    return found or ZERO
