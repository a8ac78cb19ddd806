"""Which divisions somebody sees and keeps, and what they owe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS, READ_ALL, division_of
from services.registry.divisions.budgets import open_budget_years
from services.registry.divisions.models import Division, DivisionPaper
from services.registry.divisions.rules import budget_duties, duties
from services.registry.divisions.schemas import DivisionFilter, DueFilter
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.ids import uuid7
from shared.policy.edition import Edition

KEEPERS = (*OFFICERS, r.OFFICE_OFFICER)
"""Who keeps the pages of all divisions; a division keeps its own."""


def read_scope(principal: Principal) -> ColumnElement[bool]:
    """The city's bureaus and the auditor read all pages, a division its own."""
    if principal.has(*READ_ALL):
        return true()
    division = division_of(principal)
    return Division.code == division if division is not None else false()


def write_scope(principal: Principal) -> ColumnElement[bool]:
    """The pages that the caller keeps."""
    if principal.has(*KEEPERS):
        return true()
    own = principal.division if principal.has(r.DIVISION_OFFICER) else None
    return Division.code == own if own is not None else false()


async def open_pages(session: AsyncSession, edition: Edition, today: date) -> None:
    """See that every unit of the edition has its page, and every page the papers that the edition requires and the
    budget of each year that has begun.

    A new edition's units and duties appear by themselves; nothing that exists is touched.
    """
    codes = set(await session.scalars(select(Division.code)))
    missing = [{"id": uuid7(), "version": 0, "code": code} for code in edition.divisions.units if code not in codes]
    if missing:
        await session.execute(insert(Division).values(missing).on_conflict_do_nothing(index_elements=["code"]))
    owed = {duty.kind: duty for duty in duties(edition)}
    pages = select(Division.id, Division.code).where(Division.code.in_(edition.divisions.units))
    present = select(DivisionPaper.division_id, DivisionPaper.kind).where(DivisionPaper.required)
    known = {(row.division_id, row.kind) for row in await session.execute(present)}
    opened = [(row.id, row.code) for row in await session.execute(pages)]
    papers = [
        {
            "id": uuid7(),
            "division_id": division_id,
            "kind": duty.kind,
            "title": duty.title,
            "required": True,
            "due_on": duty.due_on,
        }
        for division_id, _ in opened
        for duty in owed.values()
        if (division_id, duty.kind) not in known
    ]
    if papers:
        await session.execute(insert(DivisionPaper).values(papers).on_conflict_do_nothing())
    await open_budget_years(session, opened, list(budget_duties(edition, today)))


def matching(wanted: DivisionFilter, edition: Edition) -> ColumnElement[bool]:
    """The list's filters; kinds and parks are words of the edition."""
    units = edition.divisions.units
    codes = [
        code
        for code, unit in units.items()
        if wanted.code in (None, code) and wanted.kind in (None, unit.kind) and wanted.within in (None, unit.within)
    ]
    return Division.code.in_(codes)


def due_matching(wanted: DueFilter, today: date) -> ColumnElement[bool]:
    """What is owed by a day, by the filters of the due list."""
    conditions: list[ColumnElement[bool]] = [DivisionPaper.handed_in_on.is_(None), DivisionPaper.due_on.is_not(None)]
    if wanted.division_id is not None:
        conditions.append(DivisionPaper.division_id == wanted.division_id)
    if wanted.kind is not None:
        conditions.append(DivisionPaper.kind == wanted.kind)
    if wanted.overdue is not None:
        conditions.append(DivisionPaper.due_on < today if wanted.overdue else DivisionPaper.due_on >= today)
    return and_(*conditions)


async def find(session: AsyncSession, principal: Principal, division_id: UUID) -> Division:
    """One page as the caller sees it. Raises 404."""
    return await _one(session, read_scope(principal), division_id, lock=False)


async def lock_for_change(session: AsyncSession, principal: Principal, division_id: UUID) -> Division:
    """The page, locked with its papers. Raises 404 for somebody else's."""
    return await _one(session, write_scope(principal), division_id, lock=True)


async def papers_of(session: AsyncSession, division_ids: Sequence[UUID]) -> dict[UUID, list[DivisionPaper]]:
    """The papers of each division in the order of their due days, those without a day last."""
    query = select(DivisionPaper).where(DivisionPaper.division_id.in_(division_ids))
    found: dict[UUID, list[DivisionPaper]] = {division_id: [] for division_id in division_ids}
    for paper in await session.scalars(query.order_by(DivisionPaper.due_on.nulls_last(), DivisionPaper.id)):
        found[paper.division_id].append(paper)
    return found


async def _one(session: AsyncSession, scope: ColumnElement[bool], division_id: UUID, *, lock: bool) -> Division:
    query = select(Division).where(Division.id == division_id, scope)
    division = await session.scalar(query.with_for_update() if lock else query)
    if division is None:
        raise not_found("division")
    return division
