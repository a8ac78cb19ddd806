"""`/v1/divisions`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import DIVISION_ROLES, READ_ALL
from services.registry.divisions import usecases
from services.registry.divisions.models import Division, DivisionPaper
from services.registry.divisions.queries import KEEPERS, due_matching, find, matching, open_pages, read_scope
from services.registry.divisions.schemas import (
    AddPaper,
    AmendDivision,
    DivisionFilter,
    DivisionOut,
    DueFilter,
    DuePaperOut,
    HandIn,
    ReturnPaper,
)
from services.registry.divisions.views import due_out, pages_out
from services.registry.policy import edition_at
from shared.auth.principal import Principal, require
from shared.auth.roles import DIVISION_OFFICER
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.policy.edition import Edition
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/divisions", tags=["divisions"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(*DIVISION_ROLES, *READ_ALL))]
Keeper = Annotated[Principal, Depends(require(DIVISION_OFFICER, *KEEPERS))]
CityKeeper = Annotated[Principal, Depends(require(*KEEPERS))]

_STEP = problem_responses(403, 404, 409, 412)


@router.get("")
async def list_divisions(
    session: Session, principal: Reader, runtime: RuntimeDep, wanted: Annotated[DivisionFilter, Query()]
) -> Page[DivisionOut]:
    """Counties, districts and parks with what they have handed in and what they owe."""
    edition = edition_at(runtime.editions, principal.today)
    await open_pages(session, edition, principal.today)
    query = select(Division).where(read_scope(principal), matching(wanted, edition))
    page = await paginate(session, query, keys=[Division.code], params=wanted, item=lambda division: division)
    return Page(items=await pages_out(session, edition, page.items, principal.today), next=page.next)


@router.get("/due")
async def list_due_papers(
    session: Session, principal: Reader, runtime: RuntimeDep, wanted: Annotated[DueFilter, Query()]
) -> Page[DuePaperOut]:
    """What is owed, the earliest due day first."""
    await open_pages(session, edition_at(runtime.editions, principal.today), principal.today)
    query = (
        select(DivisionPaper, Division.code)
        .join(Division, Division.id == DivisionPaper.division_id)
        .where(read_scope(principal), due_matching(wanted, principal.today))
    )
    keys = [DivisionPaper.due_on, DivisionPaper.id]
    return await paginate(
        session, query, keys=keys, params=wanted, item=lambda row: due_out(row[0], row[1], principal.today)
    )


@router.get("/{division_id}", responses=problem_responses(404))
async def read_division(
    division_id: UUID, session: Session, principal: Reader, runtime: RuntimeDep, response: Response
) -> DivisionOut:
    """One page."""
    division = await find(session, principal, division_id)
    return await _answer(session, edition_at(runtime.editions, principal.today), principal, division, response)


@router.patch("/{division_id}", responses=problem_responses(404, 412, 428))
async def amend_division(
    division_id: UUID,
    body: AmendDivision,
    session: Session,
    principal: Keeper,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> DivisionOut:
    """Name the leading group and the offices."""
    division = await usecases.amend_division(session, principal, division_id, body, if_match=if_match)
    return await _answer(session, edition_at(runtime.editions, principal.today), principal, division, response)


@router.post("/{division_id}/papers", status_code=201, responses=_STEP)
async def add_paper(
    division_id: UUID,
    body: AddPaper,
    session: Session,
    principal: Keeper,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> DivisionOut:
    """Ask for a paper, or enter one beyond those required."""
    division = await usecases.add_paper(session, runtime.editions, principal, division_id, body, if_match=if_match)
    return await _answer(session, edition_at(runtime.editions, principal.today), principal, division, response)


@router.post("/{division_id}/papers/{paper_id}/hand-in", responses=_STEP)
async def hand_in_paper(
    division_id: UUID,
    paper_id: UUID,
    body: HandIn,
    session: Session,
    principal: Keeper,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> DivisionOut:
    """Hand a paper in."""
    division = await usecases.hand_in(session, principal, division_id, paper_id, body, if_match=if_match)
    return await _answer(session, edition_at(runtime.editions, principal.today), principal, division, response)


@router.post("/{division_id}/papers/{paper_id}/return", responses=_STEP)
async def return_paper(
    division_id: UUID,
    paper_id: UUID,
    body: ReturnPaper,
    session: Session,
    principal: CityKeeper,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> DivisionOut:
    """Send a paper back; it is owed again."""
    division = await usecases.return_paper(session, principal, division_id, paper_id, body, if_match=if_match)
    return await _answer(session, edition_at(runtime.editions, principal.today), principal, division, response)


async def _answer(
    session: AsyncSession, edition: Edition, principal: Principal, division: Division, response: Response
) -> DivisionOut:
    set_etag(response, division.version)
    return (await pages_out(session, edition, [division], principal.today))[0]
