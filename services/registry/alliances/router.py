"""`/v1/alliances`: the two alliances, and who leads them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import select, true

from services.registry.alliances import usecases
from services.registry.alliances.models import Alliance
from services.registry.alliances.queries import (
    LEAD_APPROVERS,
    LEAD_OFFICERS,
    alliance_out,
    find_alliance,
    open_alliances,
)
from services.registry.alliances.schemas import AllianceFilter, AllianceOut, ProposeLeadBody, RefuseLeadBody
from services.registry.days import require_begun
from services.registry.history.queries import AsOf
from services.registry.policy import edition_at
from shared.auth.principal import Principal, require
from shared.auth.roles import PUBLIC
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import Runtime, RuntimeDep

router = APIRouter(prefix="/v1/alliances", tags=["alliances"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
LeadOfficer = Annotated[Principal, Depends(require(*LEAD_OFFICERS))]
LeadApprover = Annotated[Principal, Depends(require(*LEAD_APPROVERS))]

_STEP = problem_responses(403, 404, 409, 412)


@router.get("")
async def list_alliances(
    session: Session, principal: Anyone, runtime: RuntimeDep, wanted: Annotated[AllianceFilter, Query()]
) -> Page[AllianceOut]:
    """The alliances as of a day: who leads them and how many members they have."""
    require_begun(principal, wanted.on)
    day = wanted.on or principal.today
    edition = edition_at(runtime.editions, day)
    await open_alliances(session, edition)
    query = select(Alliance).where(Alliance.kind == wanted.kind if wanted.kind else true())
    known = query.where(Alliance.kind.in_(edition.alliances.kinds))
    page = await paginate(session, known, keys=[Alliance.kind], params=wanted, item=lambda alliance: alliance)
    shown = [await alliance_out(session, runtime.editions, edition, principal, one, day) for one in page.items]
    return Page(items=shown, next=page.next)


@router.get("/{alliance_id}", responses=problem_responses(404))
async def read_alliance(
    alliance_id: UUID, session: Session, principal: Anyone, runtime: RuntimeDep, response: Response, as_of: AsOf = None
) -> AllianceOut:
    """One alliance, as of a day."""
    require_begun(principal, as_of, "as_of")
    alliance = await find_alliance(session, alliance_id)
    day = as_of or principal.today
    set_etag(response, alliance.version)
    return await alliance_out(session, runtime.editions, edition_at(runtime.editions, day), principal, alliance, day)


@router.post("/{alliance_id}/propose-lead-body", responses=_STEP)
async def propose_lead_body(
    alliance_id: UUID,
    body: ProposeLeadBody,
    session: Session,
    principal: LeadOfficer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> AllianceOut:
    """Propose who leads it from a day on."""
    alliance = await usecases.propose_lead_body(
        session, runtime.editions, principal, alliance_id, body, if_match=if_match
    )
    return await _answer(session, runtime, principal, alliance, response)


@router.post("/{alliance_id}/confirm-lead-body", responses=_STEP)
async def confirm_lead_body(
    alliance_id: UUID,
    session: Session,
    principal: LeadApprover,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> AllianceOut:
    """Follow the proposal."""
    alliance = await usecases.confirm_lead_body(session, runtime.editions, principal, alliance_id, if_match=if_match)
    return await _answer(session, runtime, principal, alliance, response)


@router.post("/{alliance_id}/refuse-lead-body", responses=_STEP)
async def refuse_lead_body(
    alliance_id: UUID,
    body: RefuseLeadBody,
    session: Session,
    principal: LeadApprover,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> AllianceOut:
    """Do not follow the proposal."""
    alliance = await usecases.refuse_lead_body(
        session, runtime.editions, principal, alliance_id, body.reason_code, if_match=if_match
    )
    return await _answer(session, runtime, principal, alliance, response)


async def _answer(
    session: Session, runtime: Runtime, principal: Principal, alliance: Alliance, response: Response
) -> AllianceOut:
    set_etag(response, alliance.version)
    edition = edition_at(runtime.editions, principal.today)
    return await alliance_out(session, runtime.editions, edition, principal, alliance, principal.today)
