"""Reading reconciled days: a bank its own, the finance bureau and the auditor all."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, false, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.banks.queries import KEEPERS
from services.finance.reconciliation import states
from services.finance.reconciliation.models import ReconciliationDay, ReconciliationDifference, ReconciliationLine
from services.finance.reconciliation.schemas import (
    DayDetail,
    DayFilter,
    DayOut,
    DifferenceFilter,
    DifferenceItem,
    DifferenceOut,
    FileLineOut,
    LineFilter,
)
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import Page, SortKey, paginate
from shared.livemode import of_mode

READERS: Final = (r.BANK, *KEEPERS)


def visible(principal: Principal) -> ColumnElement[bool]:
    """Which days the caller reads, of the mode of its credential."""
    if principal.has(*KEEPERS):
        allowed: ColumnElement[bool] = true()
    else:
        allowed = ReconciliationDay.bank == principal.bank if principal.bank else false()
    return and_(of_mode(ReconciliationDay, principal), allowed)


async def find(session: AsyncSession, day_id: UUID, principal: Principal) -> ReconciliationDay:
    """Raises 404."""
    return await _one(session, select(ReconciliationDay).where(ReconciliationDay.id == day_id, visible(principal)))


async def lock(session: AsyncSession, day_id: UUID, principal: Principal) -> ReconciliationDay:
    """A day that the caller reads, locked. Raises 404."""
    query = select(ReconciliationDay).where(ReconciliationDay.id == day_id, visible(principal))
    return await _one(session, query.with_for_update().execution_options(populate_existing=True))


async def list_days(session: AsyncSession, wanted: DayFilter, principal: Principal) -> Page[DayOut]:
    """One page of the days that the caller reads, the latest first."""
    query = select(ReconciliationDay).where(visible(principal))
    for column in (ReconciliationDay.no, ReconciliationDay.bank, ReconciliationDay.status):
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    if wanted.status is None:
        query = query.where(ReconciliationDay.status != states.REPLACED)
    if wanted.day_from is not None:
        query = query.where(ReconciliationDay.day >= wanted.day_from)
    if wanted.day_to is not None:
        query = query.where(ReconciliationDay.day <= wanted.day_to)
    keys: list[SortKey] = [ReconciliationDay.day.desc(), ReconciliationDay.id.desc()]
    return await paginate(session, query, keys=keys, params=wanted, item=DayOut.model_validate)


async def detail(session: AsyncSession, day: ReconciliationDay) -> DayDetail:
    """A day with its differences and the files before it, as this transaction sees it."""
    await session.flush()
    found = await session.scalars(
        select(ReconciliationDifference)
        .where(ReconciliationDifference.day_id == day.id)
        .order_by(ReconciliationDifference.number)
    )
    earlier = await session.scalars(
        select(ReconciliationDay)
        .where(
            ReconciliationDay.bank == day.bank,
            ReconciliationDay.livemode.is_(day.livemode),
            ReconciliationDay.day == day.day,
            ReconciliationDay.revision < day.revision,
        )
        .order_by(ReconciliationDay.revision)
    )
    return DayDetail(
        **DayOut.model_validate(day).model_dump(),
        found=[DifferenceOut.model_validate(row) for row in found],
        earlier=[DayOut.model_validate(row) for row in earlier],
    )


async def list_lines(session: AsyncSession, day_id: UUID, wanted: LineFilter) -> Page[FileLineOut]:
    """One page of the lines of a file that the caller was found to read."""
    query = select(ReconciliationLine).where(ReconciliationLine.day_id == day_id)
    if wanted.kind is not None:
        query = query.where(ReconciliationLine.kind == wanted.kind)
    return await paginate(
        session, query, keys=[ReconciliationLine.line], params=wanted, item=FileLineOut.model_validate
    )


async def list_differences(
    session: AsyncSession, wanted: DifferenceFilter, principal: Principal
) -> Page[DifferenceItem]:
    """One page of differences of the days that count, in the order found."""
    query = (
        select(ReconciliationDifference, ReconciliationDay.no, ReconciliationDay.bank, ReconciliationDay.day)
        .join(ReconciliationDay, ReconciliationDay.id == ReconciliationDifference.day_id)
        .where(visible(principal), ReconciliationDay.status != states.REPLACED)
    )
    equal = (
        ReconciliationDay.bank,
        ReconciliationDifference.day_id,
        ReconciliationDifference.kind,
        ReconciliationDifference.status,
    )
    for column in equal:
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    return await paginate(session, query, keys=[ReconciliationDifference.id], params=wanted, item=_item)


def _item(row: Row[ReconciliationDifference, str, str, object]) -> DifferenceItem:
    own = DifferenceOut.model_validate(row[0]).model_dump()
    return DifferenceItem.model_validate(own | {"day_no": row[1], "bank": row[2], "day": row[3]})


async def _one(session: AsyncSession, query: Select[ReconciliationDay]) -> ReconciliationDay:
    day = await session.scalar(query)
    if day is None:
        raise not_found("reconciliation")
    return day
