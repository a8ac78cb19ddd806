"""Whether this year's budget has anything for what may be applied for (3.1-4): nothing is approved without it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from sqlalchemy import String, and_, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.models import Appropriation
from services.finance.appropriations.states import APPROVED
from services.finance.ceilings.models import PROGRAMME_YEAR, ceiling
from shared.policy.edition import Edition

Budget: TypeAlias = Literal["there", "used_up", "missing"]

THERE: Final[Budget] = "there"
USED_UP: Final[Budget] = "used_up"
"""There is a line and nothing is left of it: the treasury may raise it."""
MISSING: Final[Budget] = "missing"
"""No line of the year is open."""


async def budgets_of(session: AsyncSession, edition: Edition, year: int) -> Mapping[str, Budget]:
    """By programme of the edition; empty where it asks for no budget."""
    if not edition.appropriations.required.value:
        return {}
    line = and_(
        ceiling.c.kind == PROGRAMME_YEAR,
        ceiling.c.subject == Appropriation.programme,
        ceiling.c.period == cast(Appropriation.year, String),
    )
    query = (
        select(Appropriation.programme, ceiling.c.limit_amount - ceiling.c.committed)
        .join(ceiling, line)
        .where(Appropriation.year == year, Appropriation.status == APPROVED)
    )
    free = {row[0]: row[1] for row in await session.execute(query)}
    return {
        programme: MISSING if programme not in free else THERE if free[programme] > 0 else USED_UP
        for programme in edition.appropriations.programmes
    }
