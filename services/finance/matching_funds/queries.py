"""Reading matching funds: the city's finance, treasury and science bureaus and the auditor all, divisions their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, false, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.matching_funds.models import MatchingFund, MatchingFundLine, MatchingFundRevision
from services.finance.matching_funds.schemas import (
    FundDetail,
    FundFilter,
    FundLineFilter,
    FundOut,
    LineFilter,
    LineItem,
    LineOut,
    RevisionOut,
)
from services.finance.matching_funds.states import RECORDED
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import Page, SortKey, paginate

CITY_READERS: Final = (
    r.FINANCE_OFFICER,
    r.FINANCE_APPROVER,
    r.TREASURY_OFFICER,
    r.TREASURY_APPROVER,
    r.SCIENCE_OFFICER,
    r.SCIENCE_APPROVER,
    r.AUDITOR,
)
DIVISION_ROLES: Final = (r.DIVISION_OFFICER, r.DIVISION_APPROVER)
READERS: Final = (*CITY_READERS, *DIVISION_ROLES)

_ORDERS: Final[Mapping[str, Sequence[SortKey]]] = {
    "-year": [MatchingFund.year.desc(), MatchingFund.division, MatchingFund.id],
    "division": [MatchingFund.division, MatchingFund.year, MatchingFund.id],
    "no": [MatchingFund.no],
    "-no": [MatchingFund.no.desc()],
}
_PENDING: Final = and_(MatchingFundRevision.fund_id == MatchingFund.id, MatchingFundRevision.status == RECORDED)


def visible(principal: Principal) -> ColumnElement[bool]:
    """Which funds the caller reads; nothing for a division's account without a division."""
    if principal.has(*CITY_READERS):
        return true()
    if principal.has(*DIVISION_ROLES) and principal.division:
        return MatchingFund.division == principal.division
    return false()


async def find(session: AsyncSession, fund_id: UUID, principal: Principal) -> MatchingFund:
    """Funds that the caller reads. Raises 404."""
    return await _one(session, select(MatchingFund).where(MatchingFund.id == fund_id, visible(principal)))


async def lock_own(session: AsyncSession, fund_id: UUID, division: str) -> MatchingFund:
    """Funds of the caller's division, locked for a step. Raises 404."""
    query = select(MatchingFund).where(MatchingFund.id == fund_id, MatchingFund.division == division)
    return await _one(session, query.with_for_update().execution_options(populate_existing=True))


async def pending_revision(session: AsyncSession, fund_id: UUID) -> MatchingFundRevision | None:
    """The amount that waits for approval; the funds are locked by whoever changes it."""
    query = select(MatchingFundRevision).where(
        MatchingFundRevision.fund_id == fund_id, MatchingFundRevision.status == RECORDED
    )
    return (await session.scalars(query)).one_or_none()


async def list_funds(session: AsyncSession, wanted: FundFilter, principal: Principal) -> Page[FundOut]:
    """One page of the funds that the caller reads."""
    query = _with_pending().where(visible(principal))
    for column in (MatchingFund.no, MatchingFund.division, MatchingFund.year, MatchingFund.status):
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    if wanted.pending is not None:
        waits = MatchingFundRevision.fund_id.is_not(None)
        query = query.where(waits if wanted.pending else ~waits)
    return await paginate(session, query, keys=_ORDERS[wanted.sort], params=wanted, item=_shown)


async def detail(session: AsyncSession, fund_id: UUID) -> FundDetail:
    """Funds with their history, as this transaction sees them."""
    await session.flush()
    row = (await session.execute(_with_pending().where(MatchingFund.id == fund_id))).one()
    revisions = await session.scalars(
        select(MatchingFundRevision)
        .where(MatchingFundRevision.fund_id == fund_id)
        .order_by(MatchingFundRevision.revision)
    )
    shown = _shown(row).model_dump()
    return FundDetail(**shown, revisions=[RevisionOut.model_validate(revision) for revision in revisions])


async def list_lines_of(session: AsyncSession, fund_id: UUID, wanted: FundLineFilter) -> Page[LineOut]:
    """One page of the lines of funds that the caller was found to read."""
    query = select(MatchingFundLine).where(MatchingFundLine.fund_id == fund_id)
    for column in (
        MatchingFundLine.kind,
        MatchingFundLine.status,
        MatchingFundLine.purpose,
        MatchingFundLine.centre_id,
    ):
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    return await paginate(session, query, keys=[MatchingFundLine.line], params=wanted, item=LineOut.model_validate)


async def list_lines(session: AsyncSession, wanted: LineFilter, principal: Principal) -> Page[LineItem]:
    """One page of payments and reversals over all divisions and years that the caller reads."""
    query = (
        select(MatchingFundLine, MatchingFund.no, MatchingFund.division, MatchingFund.year)
        .join(MatchingFund, MatchingFund.id == MatchingFundLine.fund_id)
        .where(visible(principal))
    )
    equal = (
        MatchingFund.division,
        MatchingFund.year,
        MatchingFundLine.kind,
        MatchingFundLine.status,
        MatchingFundLine.purpose,
        MatchingFundLine.centre_id,
        MatchingFundLine.enterprise_code,
    )
    for column in equal:
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    if wanted.spent_from is not None:
        query = query.where(MatchingFundLine.spent_on >= wanted.spent_from)
    if wanted.spent_to is not None:
        query = query.where(MatchingFundLine.spent_on <= wanted.spent_to)
    return await paginate(session, query, keys=[MatchingFundLine.id], params=wanted, item=_line_item)


def _with_pending() -> Select[MatchingFund, MatchingFundRevision | None]:
    return select(MatchingFund, MatchingFundRevision).outerjoin(MatchingFundRevision, _PENDING)


def _shown(row: Row[MatchingFund, MatchingFundRevision | None]) -> FundOut:
    fund, waiting = row[0], row[1]
    own = {name: getattr(fund, name) for name in FundOut.model_fields if not name.startswith("pending_")}
    return FundOut(
        **own,
        pending_document_no=waiting.document_no if waiting else None,
        pending_amount=waiting.amount if waiting else None,
    )


def _line_item(row: Row[MatchingFundLine, str, str, int]) -> LineItem:
    line, no, division, year = row[0], row[1], row[2], row[3]
    shown = {name: getattr(line, name) for name in LineOut.model_fields}
    return LineItem(**shown, fund_no=no, division=division, year=year)


async def _one(session: AsyncSession, query: Select[MatchingFund]) -> MatchingFund:
    fund = await session.scalar(query)
    if fund is None:
        raise not_found("matching-fund")
    return fund
