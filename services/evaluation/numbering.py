"""Case numbers for a whole sweep at once."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.ids import case_no
from shared.kernel_tables import case_counter


async def reserve_case_nos(session: AsyncSession, prefix: str, year: int, count: int) -> list[str]:
    """The next `count` numbers of the prefix and year, in one statement; the counter stays locked until commit."""
    if count == 0:
        return []
    counter = insert(case_counter).values(prefix=prefix, year=year, last=count)
    raised = counter.on_conflict_do_update(
        index_elements=["prefix", "year"], set_={"last": case_counter.c.last + count}
    ).returning(case_counter.c.last)
    last = (await session.execute(raised)).scalar_one()
    return [case_no(prefix, year, number) for number in range(last - count + 1, last + 1)]
