"""Reading support for alliances: bureaus, divisions excepted, and the auditor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.alliance_support.models import AllianceSupport
from services.finance.alliance_support.schemas import CitedOut, SupportDetail, SupportFilter, SupportOut
from services.finance.centres import CITY_READERS
from services.finance.projections import known_alliance_record
from shared.errors import not_found
from shared.http.paging import Page, SortKey, paginate

READERS: Final = CITY_READERS
_ORDERS: Final[Mapping[str, Sequence[SortKey]]] = {"no": [AllianceSupport.no], "-no": [AllianceSupport.no.desc()]}
_EQUAL: Final = (AllianceSupport.no, AllianceSupport.alliance, AllianceSupport.year, AllianceSupport.status)


async def list_support(session: AsyncSession, wanted: SupportFilter) -> Page[SupportOut]:
    """One page."""
    query = select(AllianceSupport)
    for column in _EQUAL:
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    return await paginate(session, query, keys=_ORDERS[wanted.sort], params=wanted, item=SupportOut.model_validate)


async def find(session: AsyncSession, support_id: UUID) -> AllianceSupport:
    """One support. Raises 404."""
    support = await session.scalar(select(AllianceSupport).where(AllianceSupport.id == support_id))
    if support is None:
        raise not_found("alliance-support")
    return support


async def detail(session: AsyncSession, support: AllianceSupport) -> SupportDetail:
    """The support with its activities as far as they are known here, in the order held."""
    await session.flush()
    table = known_alliance_record.c
    columns = (table.id, table.no, table.kind, table.held_on, table.title)
    rows = await session.execute(select(*columns).where(table.id.in_(support.record_ids)))
    known = {row.id: CitedOut.model_validate(row) for row in rows}
    cited = [known.get(record) or _unknown(record) for record in support.record_ids]
    shown = {name: getattr(support, name) for name in SupportDetail.model_fields if name != "activities"}
    return SupportDetail.model_validate({**shown, "activities": cited})


def _unknown(record_id: UUID) -> CitedOut:
    return CitedOut(id=record_id, no=None, kind=None, held_on=None, title=None)
