"""`/v1/voucher-programmes`: each county's and park's own vouchers (4.3-3)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from services.vouchers.access import Anyone, DivisionApprover, DivisionOfficer, Issuer
from services.vouchers.programmes import queries, usecases
from services.vouchers.programmes.models import Programme, ProgrammeTerms
from services.vouchers.programmes.schemas import ProgrammeFilter, ProgrammeNew, ProgrammeOut, TermsFilter, TermsOut
from services.vouchers.schemas import Decided, day_sent
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/voucher-programmes", tags=["voucher programmes"], route_class=ServiceRoute)


@router.post("", status_code=201, responses=problem_responses(409))
async def draft_programme(
    wanted: ProgrammeNew, session: Session, principal: DivisionOfficer, runtime: RuntimeDep, response: Response
) -> ProgrammeOut:
    """Draft a programme of one's own division; it issues nothing until somebody else opens it."""
    programme = await usecases.draft_programme(session, editions=runtime.editions, principal=principal, wanted=wanted)
    set_etag(response, programme.version)
    response.headers["Location"] = f"{router.prefix}/{programme.id}"
    return ProgrammeOut.of(programme, None)


@router.get("")
async def list_programmes(
    session: Session, principal: Anyone, wanted: Annotated[ProgrammeFilter, Query()]
) -> Page[ProgrammeOut]:
    """Programmes, newest first; drafts only for their issuer and the bureaus."""
    query = queries.with_issued(principal).where(*queries.conditions(wanted))
    return await paginate(
        session,
        query,
        keys=[Programme.id.desc()],
        params=wanted,
        item=lambda row: ProgrammeOut.of(row[0], row[1], row[2]),
    )


@router.get("/{programme_id}", responses=problem_responses(404))
async def read_programme(programme_id: UUID, session: Session, principal: Anyone, response: Response) -> ProgrammeOut:
    """One programme."""
    shown, version = await queries.show(session, principal, programme_id)
    set_etag(response, version)
    return shown


@router.get("/{programme_id}/terms", responses=problem_responses(404))
async def list_terms(
    programme_id: UUID, session: Session, principal: Anyone, wanted: Annotated[TermsFilter, Query()]
) -> Page[TermsOut]:
    """The terms of the programme by the days from which they hold, the latest first."""
    await queries.show(session, principal, programme_id)
    query = select(ProgrammeTerms).where(ProgrammeTerms.programme_id == programme_id)
    keys = [ProgrammeTerms.effective_from.desc()]
    return await paginate(session, query, keys=keys, params=wanted, item=TermsOut.model_validate)


@router.post("/{programme_id}/open", responses=problem_responses(404, 409, 412))
async def open_programme(
    programme_id: UUID,
    session: Session,
    principal: DivisionApprover,
    runtime: RuntimeDep,
    response: Response,
    wanted: Decided | None = None,
    if_match: IfMatch = None,
) -> ProgrammeOut:
    """Approve a draft of one's own division that somebody else made; the rules are asked again."""
    step = usecases.Step(programme_id, principal, runtime.editions, if_match)
    await usecases.open_programme(session, day_sent(wanted), step=step)
    return await _answer(session, principal, programme_id, response)


@router.post("/{programme_id}/close", responses=problem_responses(404, 409, 412))
async def close_programme(
    programme_id: UUID,
    session: Session,
    principal: Issuer,
    runtime: RuntimeDep,
    response: Response,
    wanted: Decided | None = None,
    if_match: IfMatch = None,
) -> ProgrammeOut:
    """Stop issuing; what was issued stays valid, the rest of the budget goes back."""
    step = usecases.Step(programme_id, principal, runtime.editions, if_match)
    await usecases.close_programme(session, day_sent(wanted), step=step)
    return await _answer(session, principal, programme_id, response)


async def _answer(session: Session, principal: Issuer, programme_id: UUID, response: Response) -> ProgrammeOut:
    shown, version = await queries.show(session, principal, programme_id)
    set_etag(response, version)
    return shown
