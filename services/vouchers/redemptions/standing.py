"""How the centre stands in which a voucher's holder is on the day of a use (4.3-2)."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.projections import LISTED, WITHDRAWN, known_centre, known_tenancy
from services.vouchers.vouchers.models import Voucher

DELISTED: Final = "delisted"
_UNKNOWN: Final = "unknown"

IN_CENTRE_SQL: Final = """
EXISTS (
    SELECT FROM known_centre AS centre
    WHERE centre.id = (
            SELECT stay.centre_id FROM known_tenancy AS stay
            WHERE stay.enterprise_id = voucher.enterprise_id
                AND stay.admitted_on <= :day AND coalesce(stay.ended_on >= :day, true)
            ORDER BY stay.admitted_on DESC, stay.id DESC
            LIMIT 1
        )
        AND centre.status = 'listed'
        AND centre.delisting_case_id IS NULL
        AND coalesce(centre.listed_on <= :day, true)
)
"""
"""`centre_on` is `listed`, for the counter's statement."""


async def centre_on(session: AsyncSession, voucher: Voucher, day: date) -> str | None:
    """`listed`, or how else the centre stands in which the holder is tenanted that day; None for a holder in none.

    The stay is that of the day, the centre's standing today's. A holder in no centre whose voucher's own one has left
    the list is told so: that is why.
    """
    stay = known_tenancy.c
    where = (
        select(stay.centre_id)
        .where(stay.enterprise_id == voucher.enterprise_id, stay.admitted_on <= day)
        .where(or_(stay.ended_on.is_(None), stay.ended_on >= day))
        .order_by(stay.admitted_on.desc(), stay.id.desc())
        .limit(1)
    )
    centre_id = await session.scalar(where)
    centre = known_centre.c
    query = select(centre.status, centre.listed_on, centre.delisting_case_id)
    row = (await session.execute(query.where(centre.id == (centre_id or voucher.centre_id)))).one_or_none()
    if centre_id is None:
        return WITHDRAWN if row is not None and row.status == WITHDRAWN else None
    if row is None:
        return _UNKNOWN
    if row.delisting_case_id is not None:
        return DELISTED
    if row.status == LISTED and row.listed_on is not None and row.listed_on > day:
        return _UNKNOWN
    return str(row.status or _UNKNOWN)
