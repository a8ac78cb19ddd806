"""`/v1/voucher-guidance`: what the city lets programmes be at most (4.3-4)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from services.vouchers.access import Anyone, ScienceApprover, ScienceOfficer
from services.vouchers.guidance import queries, usecases
from services.vouchers.guidance.models import Guidance
from services.vouchers.guidance.schemas import GuidanceFilter, GuidanceNew, GuidanceOut, GuidanceRefusal
from services.vouchers.guidance.usecases import Step
from services.vouchers.schemas import Decided, day_sent
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/voucher-guidance", tags=["voucher guidance"], route_class=ServiceRoute)

STEP = problem_responses(403, 404, 409, 412)


@router.post("", status_code=201, responses=problem_responses(409))
async def draft_guidance(
    wanted: GuidanceNew, session: Session, principal: ScienceOfficer, runtime: RuntimeDep, response: Response
) -> GuidanceOut:
    """Draft limits for the programmes of a year."""
    guidance = await usecases.draft_guidance(session, editions=runtime.editions, principal=principal, wanted=wanted)
    response.headers["Location"] = f"{router.prefix}/{guidance.id}"
    return _answer(guidance, response)


@router.get("")
async def list_guidance(
    session: Session, principal: Anyone, wanted: Annotated[GuidanceFilter, Query()]
) -> Page[GuidanceOut]:
    """Guidance, newest first; drafts only for the bureaus."""
    query = select(Guidance).where(queries.visible_to(principal), *queries.conditions(wanted))
    return await paginate(session, query, keys=[Guidance.id.desc()], params=wanted, item=GuidanceOut.model_validate)


@router.get("/{guidance_id}", responses=problem_responses(404))
async def read_guidance(guidance_id: UUID, session: Session, principal: Anyone, response: Response) -> GuidanceOut:
    """One year's guidance."""
    return _answer(await queries.find(session, principal, guidance_id), response)


@router.post("/{guidance_id}/approve", responses=STEP)
async def approve_guidance(
    guidance_id: UUID,
    session: Session,
    principal: ScienceApprover,
    response: Response,
    wanted: Decided | None = None,
    if_match: IfMatch = None,
) -> GuidanceOut:
    """Approve what somebody else drafted."""
    step = Step(guidance_id, principal, if_match)
    return _answer(await usecases.approve_guidance(session, day_sent(wanted), step=step), response)


@router.post("/{guidance_id}/refuse", responses=STEP)
async def refuse_guidance(
    guidance_id: UUID,
    wanted: GuidanceRefusal,
    session: Session,
    principal: ScienceApprover,
    response: Response,
    if_match: IfMatch = None,
) -> GuidanceOut:
    """Refuse a draft, saying why."""
    step = Step(guidance_id, principal, if_match)
    return _answer(await usecases.refuse_guidance(session, wanted, step=step), response)


@router.post("/{guidance_id}/cancel", responses=STEP)
async def cancel_guidance(
    guidance_id: UUID,
    session: Session,
    principal: ScienceOfficer,
    response: Response,
    wanted: Decided | None = None,
    if_match: IfMatch = None,
) -> GuidanceOut:
    """Give a draft up."""
    step = Step(guidance_id, principal, if_match)
    return _answer(await usecases.cancel_guidance(session, day_sent(wanted), step=step), response)


def _answer(guidance: Guidance, response: Response) -> GuidanceOut:
    set_etag(response, guidance.version)
    return GuidanceOut.model_validate(guidance)
