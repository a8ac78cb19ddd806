"""A division's page as it is answered: the row, its papers and what the edition says about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.divisions.budgets import figures_of
from services.registry.divisions.models import Division, DivisionPaper, known_matching_fund
from services.registry.divisions.queries import papers_of
from services.registry.divisions.rules import MATCHING_BUDGET, days_late, is_overdue
from services.registry.divisions.schemas import (
    ContactOut,
    DivisionOut,
    DuePaperOut,
    LeadingGroupOut,
    MatchingFundOut,
    PaperOut,
)
from shared.policy.edition import Edition


def paper_out(paper: DivisionPaper, today: date) -> PaperOut:
    """A paper, and whether it is late today."""
    return PaperOut(
        id=paper.id,
        kind=paper.kind,
        title=paper.title,
        required=paper.required or paper.kind == MATCHING_BUDGET,
        due_on=paper.due_on,
        handed_in_on=paper.handed_in_on,
        document_no=paper.document_no,
        overdue=is_overdue(paper.due_on, paper.handed_in_on, today),
        days_late=days_late(paper.due_on, paper.handed_in_on, today),
    )


def due_out(paper: DivisionPaper, division_code: str, today: date) -> DuePaperOut:
    """An entry of the due list."""
    shown = paper_out(paper, today).model_dump()
    return DuePaperOut(**shown, division_id=paper.division_id, division_code=division_code)


async def pages_out(
    session: AsyncSession, edition: Edition, divisions: Sequence[Division], today: date
) -> list[DivisionOut]:
    """The pages with their papers, in the order given."""
    papers = await papers_of(session, [division.id for division in divisions])
    codes = [division.code for division in divisions]
    funds = await figures_of(session, known_matching_fund.c.division.in_(codes))
    return [
        _page(edition, division, papers[division.id], funds.get(division.code, []), today) for division in divisions
    ]


def _page(
    edition: Edition,
    division: Division,
    papers: Sequence[DivisionPaper],
    funds: list[MatchingFundOut],
    today: date,
) -> DivisionOut:
    unit = edition.divisions.units.get(division.code)
    shown = [paper_out(paper, today) for paper in papers]
    return DivisionOut(
        id=division.id,
        version=division.version,
        code=division.code,
        name_zh=unit.title_zh if unit else division.code,
        name_en=unit.title_en if unit else division.code,
        kind=unit.kind if unit else "former",
        within=unit.within or None if unit else None,
        enclave_owner=division.code in edition.divisions.enclave_owners.value,
        main_urban=division.code in edition.divisions.main_urban.value,
        leading_group=_group(division),
        contacts=[ContactOut.model_validate(contact) for contact in division.contacts],
        papers=shown,
        papers_overdue=sum(paper.overdue for paper in shown),
        matching_funds=funds,
    )


def _group(division: Division) -> LeadingGroupOut | None:
    if division.group_document_no is None or division.group_established_on is None:
        return None
    return LeadingGroupOut(
        document_no=division.group_document_no,
        established_on=division.group_established_on,
        chair_post=division.group_chair_post or "",
        members=division.group_members,
    )
