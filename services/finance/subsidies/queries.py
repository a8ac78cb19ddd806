"""Reading statements and lines: the bureaus all, borrowers and banks the lines of their own loans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Select, and_, false, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.finance.loans.models import Loan
from services.finance.servicing.access import visible
from services.finance.subsidies.models import SubsidyLine, SubsidyStatement
from services.finance.subsidies.schemas import (
    SubsidyLineFilter,
    SubsidyLineOut,
    SubsidyStatementDetail,
    SubsidyStatementFilter,
    SubsidyStatementOut,
)
from services.finance.subsidies.states import REFUSED
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import Page, SortKey, paginate

_ORDERS: Final[Mapping[str, Sequence[SortKey]]] = {
    "created": [SubsidyStatement.id],
    "-created": [SubsidyStatement.id.desc()],
    "no": [SubsidyStatement.no],
    "-no": [SubsidyStatement.no.desc()],
}
CITY_READERS: Final = (
    r.FINANCE_OFFICER,
    r.FINANCE_APPROVER,
    r.TREASURY_OFFICER,
    r.TREASURY_APPROVER,
    r.AUDITOR,
)
STATEMENT_READERS: Final = (*CITY_READERS, r.HR_OFFICER, r.HR_APPROVER)


async def find(session: AsyncSession, statement_id: UUID, principal: Principal) -> SubsidyStatement:
    """A statement that the caller reads. Raises 404."""
    statement = await session.scalar(_statements(principal).where(SubsidyStatement.id == statement_id))
    if statement is None:
        raise not_found("subsidy-statement")
    return statement


async def find_line(session: AsyncSession, line_id: UUID, principal: Principal) -> SubsidyLine:
    """A line of a loan that the caller sees. Raises 404."""
    line = await session.scalar(_lines(principal).where(SubsidyLine.id == line_id))
    if line is None:
        raise not_found("subsidy-line")
    return line


async def lines_of(session: AsyncSession, statement_id: UUID, *, lock: bool) -> list[SubsidyLine]:
    """All lines of a statement, in one order."""
    query = select(SubsidyLine).where(SubsidyLine.statement_id == statement_id).order_by(SubsidyLine.id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return list(await session.scalars(query))


async def later_line(session: AsyncSession, statement_id: UUID) -> str | None:
    """The loan of which another statement has a later line that counts, for a quarter of this statement's."""
    mine, later = aliased(SubsidyLine), aliased(SubsidyLine)
    query = (
        select(later.loan_no)
        .join(
            mine,
            and_(mine.loan_id == later.loan_id, mine.year == later.year, mine.quarter == later.quarter),
        )
        .where(
            mine.statement_id == statement_id,
            later.statement_id != statement_id,
            later.sequence > mine.sequence,
            later.status != REFUSED,
        )
    )
    return await session.scalar(query.order_by(later.loan_no).limit(1))


async def list_statements(
    session: AsyncSession, wanted: SubsidyStatementFilter, principal: Principal
) -> Page[SubsidyStatementOut]:
    """One page of the statements that the caller reads."""
    query = _statements(principal)
    columns = (
        SubsidyStatement.no,
        SubsidyStatement.year,
        SubsidyStatement.quarter,
        SubsidyStatement.department,
        SubsidyStatement.status,
    )
    for column in columns:
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    keys = _ORDERS[wanted.sort]
    return await paginate(session, query, keys=keys, params=wanted, item=SubsidyStatementOut.model_validate)


async def list_lines(session: AsyncSession, wanted: SubsidyLineFilter, principal: Principal) -> Page[SubsidyLineOut]:
    """One page of the lines of the loans that the caller sees."""
    query = _lines(principal)
    columns = (
        SubsidyLine.statement_id,
        SubsidyLine.loan_id,
        SubsidyLine.year,
        SubsidyLine.quarter,
        SubsidyLine.kind,
        SubsidyLine.status,
    )
    for column in columns:
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    return await paginate(session, query, keys=[SubsidyLine.id], params=wanted, item=SubsidyLineOut.model_validate)


async def detail(session: AsyncSession, statement: SubsidyStatement) -> SubsidyStatementDetail:
    """The statement as this transaction sees it."""
    await session.flush()
    return SubsidyStatementDetail.model_validate(statement)


def _statements(principal: Principal) -> Select[SubsidyStatement]:
    query = select(SubsidyStatement)
    if not principal.livemode:
        return query.where(false())
    if principal.has(*CITY_READERS):
        return query
    return query.where(SubsidyStatement.department == "hr")


def _lines(principal: Principal) -> Select[SubsidyLine]:
    return select(SubsidyLine).join(Loan, Loan.id == SubsidyLine.loan_id).where(visible(principal))
