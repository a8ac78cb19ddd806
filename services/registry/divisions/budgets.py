"""Matching budgets on a division's page: the duty of each year, and finance's figures (5.1-2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, RowMapping, false, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import READ_ALL, division_of
from services.registry.divisions.models import Division, DivisionBudgetYear, DivisionPaper, known_matching_fund
from services.registry.divisions.rules import MATCHING_BUDGET, BudgetDuty, percent_of
from services.registry.divisions.schemas import MatchingFundOut
from shared.auth.principal import Principal
from shared.ids import uuid7

APPROVED = "approved"


def readable(principal: Principal) -> ColumnElement[bool]:
    """Whose figures the caller reads: the city's bureaus and the auditor everybody's, a division its own."""
    if principal.has(*READ_ALL):
        return true()
    own = division_of(principal)
    return known_matching_fund.c.division == own if own is not None else false()


async def open_budget_years(
    session: AsyncSession, pages: Sequence[tuple[object, str]], owed: Sequence[BudgetDuty]
) -> None:
    """See that every page owes the budget of each year, and that what finance has approved by then is settled.

    `pages` are ids and codes of divisions. Of two that come at once one writes: the year's row decides.
    """
    years = [duty.year for duty in owed]
    query = select(DivisionBudgetYear.division_id, DivisionBudgetYear.year).where(DivisionBudgetYear.year.in_(years))
    present = {(row.division_id, row.year) for row in await session.execute(query)}
    missing = [(page, code, duty) for page, code in pages for duty in owed if (page, duty.year) not in present]
    if not missing:
        return
    rows = [{"division_id": page, "year": duty.year, "paper_id": uuid7()} for page, _, duty in missing]
    statement = insert(DivisionBudgetYear).values(rows).on_conflict_do_nothing()
    written = await session.execute(statement.returning(*DivisionBudgetYear.__table__.columns))
    paper_ids = {(row.division_id, row.year): row.paper_id for row in written}
    approved = await _approved(session, years)
    papers = [
        {"id": paper_ids[page, duty.year], "division_id": page, **_paper(duty, approved.get((code, duty.year)))}
        for page, code, duty in missing
        if (page, duty.year) in paper_ids
    ]
    if papers:
        await session.execute(insert(DivisionPaper).values(papers))


async def figures_of(session: AsyncSession, *conditions: ColumnElement[bool]) -> dict[str, list[MatchingFundOut]]:
    """Finance's figures by division, the newest year first."""
    query = select(known_matching_fund).where(*conditions).order_by(known_matching_fund.c.year.desc())
    found: dict[str, list[MatchingFundOut]] = {}
    for row in (await session.execute(query)).mappings():
        found.setdefault(row["division"], []).append(_shown(row))
    return found


def _shown(row: RowMapping) -> MatchingFundOut:
    budget, spent = row["budget"], row["spent"]
    told = {name: row[name] for name in MatchingFundOut.model_fields if name in row}
    return MatchingFundOut(**told, remaining=budget - spent, spent_percent=percent_of(spent, budget))


async def _approved(session: AsyncSession, years: Sequence[int]) -> dict[tuple[str, int], Mapping[str, object]]:
    fund = known_matching_fund.c
    query = select(known_matching_fund).where(fund.status == APPROVED, fund.year.in_(years))
    return {(row["division"], row["year"]): dict(row) for row in (await session.execute(query)).mappings()}


def _paper(duty: BudgetDuty, approved: Mapping[str, object] | None) -> dict[str, object]:
    settled = approved or {}
    return {
        "kind": MATCHING_BUDGET,
        "title": duty.title,
        "required": False,
        "due_on": duty.due_on,
        "handed_in_on": settled.get("approved_on"),
        "handed_in_by": "service:finance" if approved else None,
        "document_no": settled.get("document_no"),
    }


async def lock_owed_budget(session: AsyncSession, division: str, year: int) -> tuple[Division, DivisionPaper] | None:
    """The page, locked, and its duty of the year, where that is still owed."""
    page = await session.scalar(select(Division).where(Division.code == division).with_for_update())
    if page is None:
        return None
    known = DivisionBudgetYear.paper_id
    query = (
        select(DivisionPaper)
        .join(DivisionBudgetYear, known == DivisionPaper.id)
        .where(DivisionBudgetYear.division_id == page.id, DivisionBudgetYear.year == year)
    )
    paper = await session.scalar(query)
    return (page, paper) if paper is not None and paper.handed_in_on is None else None
