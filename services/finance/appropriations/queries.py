"""Reading budget lines, transfers, and what cases have of them: for the bureaus and the auditor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, String, and_, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.holdings import UNPAID, HeldRow
from services.finance.appropriations.models import (
    Appropriation,
    AppropriationClosing,
    AppropriationRevision,
    AppropriationTransfer,
    budget_commitment as held,
)
from services.finance.appropriations.schemas import (
    AppropriationClosingOut,
    AppropriationDetail,
    AppropriationFilter,
    AppropriationOut,
    AppropriationRevisionOut,
    AppropriationTransferFilter,
    AppropriationTransferOut,
    BudgetCommitmentFilter,
    BudgetCommitmentOut,
)
from services.finance.appropriations.states import PROPOSED
from services.finance.ceilings.models import PROGRAMME_YEAR, ceiling
from shared.errors import not_found
from shared.http.paging import Page, SortKey, paginate
from shared.money import ZERO

LineRow: TypeAlias = Row[Appropriation, AppropriationRevision | None, Decimal, Decimal, Decimal]

_ORDERS: Final[Mapping[str, Sequence[SortKey]]] = {
    "-year": [Appropriation.year.desc(), Appropriation.programme],
    "programme": [Appropriation.programme, Appropriation.year],
    "no": [Appropriation.no],
    "-no": [Appropriation.no.desc()],
}
_TRANSFER_ORDERS: Final[Mapping[str, Sequence[SortKey]]] = {
    "no": [AppropriationTransfer.no],
    "-no": [AppropriationTransfer.no.desc()],
}
_LINE_OF: Final = and_(held.c.programme == Appropriation.programme, held.c.line_year == Appropriation.year)
_CEILING: Final = and_(
    ceiling.c.kind == PROGRAMME_YEAR,
    ceiling.c.subject == Appropriation.programme,
    ceiling.c.period == cast(Appropriation.year, String),
)
_WAITS: Final = and_(
    AppropriationRevision.appropriation_id == Appropriation.id, AppropriationRevision.status == PROPOSED
)
_CLOSES: Final = and_(
    AppropriationClosing.appropriation_id == Appropriation.id, AppropriationClosing.status == PROPOSED
)


async def find(session: AsyncSession, line_id: UUID, *, lock: bool = False) -> Appropriation:
    """Raises 404."""
    query = select(Appropriation).where(Appropriation.id == line_id)
    return await _one(session, query.with_for_update() if lock else query)


async def lock_lines(session: AsyncSession, *keys: tuple[str, int]) -> list[Appropriation | None]:
    """The lines of these programmes and years alone, locked in the order that all follow; None for one there is not."""
    found: dict[tuple[str, int], Appropriation] = {}
    for programme, year in sorted(keys):
        query = select(Appropriation).where(Appropriation.programme == programme, Appropriation.year == year)
        line = await session.scalar(query.with_for_update().execution_options(populate_existing=True))
        if line is not None:
            found[programme, year] = line
    return [found.get(key) for key in keys]


async def pending_revision(session: AsyncSession, line_id: UUID) -> AppropriationRevision | None:
    """The amount that waits for approval."""
    query = select(AppropriationRevision).where(
        AppropriationRevision.appropriation_id == line_id, AppropriationRevision.status == PROPOSED
    )
    return (await session.scalars(query)).one_or_none()


async def pending_closing(session: AsyncSession, line_id: UUID) -> AppropriationClosing | None:
    """The closing that waits for approval."""
    query = select(AppropriationClosing).where(
        AppropriationClosing.appropriation_id == line_id, AppropriationClosing.status == PROPOSED
    )
    return (await session.scalars(query)).one_or_none()


async def lock_committed(session: AsyncSession, line: Appropriation) -> Decimal:
    """What is committed of the line, locked; zero for a line that was never approved."""
    key = {"kind": PROGRAMME_YEAR, "subject": line.programme, "period": str(line.year)}
    return await session.scalar(select(ceiling.c.committed).filter_by(**key).with_for_update()) or ZERO


async def list_lines(session: AsyncSession, wanted: AppropriationFilter) -> Page[AppropriationOut]:
    """One page of the lines with what is committed, paid and free."""
    query = _figures()
    for column in (Appropriation.no, Appropriation.programme, Appropriation.year, Appropriation.status):
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    if wanted.pending is not None:
        closes = select(AppropriationClosing.number).where(_CLOSES).exists()
        waits = or_(AppropriationRevision.revision.is_not(None), closes)
        query = query.where(waits if wanted.pending else ~waits)
    return await paginate(session, query, keys=_ORDERS[wanted.sort], params=wanted, item=_shown)


async def detail(session: AsyncSession, line_id: UUID) -> AppropriationDetail:
    """A line with its history, as this transaction sees it."""
    await session.flush()
    shown = _shown((await session.execute(_figures().where(Appropriation.id == line_id))).one())
    revisions = await session.scalars(
        select(AppropriationRevision)
        .where(AppropriationRevision.appropriation_id == line_id)
        .order_by(AppropriationRevision.revision)
    )
    closings = await session.scalars(
        select(AppropriationClosing)
        .where(AppropriationClosing.appropriation_id == line_id)
        .order_by(AppropriationClosing.number)
    )
    return AppropriationDetail(
        **shown.model_dump(),
        revisions=[AppropriationRevisionOut.model_validate(revision) for revision in revisions],
        closings=[AppropriationClosingOut.model_validate(closing) for closing in closings],
        journal=f"/v1/journal-entries?subject={shown.programme}&fiscal_year={shown.year}",
    )


async def list_commitments(
    session: AsyncSession, line: Appropriation, wanted: BudgetCommitmentFilter
) -> Page[BudgetCommitmentOut]:
    """One page of what cases have of the line, by their numbers."""
    query = select(held).where(held.c.programme == line.programme, held.c.line_year == line.year)
    if wanted.case_no is not None:
        query = query.where(held.c.case_no == wanted.case_no)
    if wanted.unpaid is not None:
        query = query.where(UNPAID > 0 if wanted.unpaid else UNPAID == 0)
    keys = [held.c.case_no, held.c.case_id, held.c.year]
    return await paginate(session, query, keys=keys, params=wanted, item=_commitment)


async def find_transfer(session: AsyncSession, transfer_id: UUID, *, lock: bool = False) -> AppropriationTransfer:
    """Raises 404."""
    query = select(AppropriationTransfer).where(AppropriationTransfer.id == transfer_id)
    locked = query.with_for_update().execution_options(populate_existing=True) if lock else query
    transfer = (await session.scalars(locked)).one_or_none()
    if transfer is None:
        raise not_found("appropriation-transfer")
    return transfer


async def list_transfers(session: AsyncSession, wanted: AppropriationTransferFilter) -> Page[AppropriationTransferOut]:
    """One page of transfers."""
    table = AppropriationTransfer
    query = select(table)
    for column in (table.no, table.year, table.status):
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    if wanted.programme is not None:
        query = query.where(or_(table.from_programme == wanted.programme, table.to_programme == wanted.programme))
    keys = _TRANSFER_ORDERS[wanted.sort]
    return await paginate(session, query, keys=keys, params=wanted, item=AppropriationTransferOut.model_validate)


def _sum_of(column: ColumnElement[Decimal]) -> ColumnElement[Decimal]:
    return select(func.coalesce(func.sum(column), ZERO)).where(_LINE_OF).scalar_subquery()


def _figures() -> Select[Appropriation, AppropriationRevision | None, Decimal, Decimal, Decimal]:
    return (
        select(
            Appropriation,
            AppropriationRevision,
            func.coalesce(ceiling.c.committed, ZERO).label("committed"),
            _sum_of(held.c.paid).label("paid"),
            _sum_of(held.c.returned).label("returned"),
        )
        .outerjoin(AppropriationRevision, _WAITS)
        .outerjoin(ceiling, _CEILING)
    )


def _shown(row: LineRow) -> AppropriationOut:
    line, waiting = row[0], row[1]
    computed = {
        "committed": row.committed,
        "paid": row.paid,
        "returned": row.returned,
        "free": line.budget - row.committed,
        "pending_document_no": waiting.document_no if waiting else None,
        "pending_amount": waiting.amount if waiting else None,
    }
    own = {name: getattr(line, name) for name in AppropriationOut.model_fields if name not in computed}
    return AppropriationOut(**own, **computed)


def _commitment(row: HeldRow) -> BudgetCommitmentOut:
    return BudgetCommitmentOut(**row._mapping, unpaid=row.committed - row.paid)


async def _one(session: AsyncSession, query: Select[Appropriation]) -> Appropriation:
    line = (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()
    if line is None:
        raise not_found("appropriation")
    return line
