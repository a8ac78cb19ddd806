"""`/v1/library-claims`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.persons.exporting import EXPORTERS, ExportPersons
from services.registry.persons.numbers import Keys
from services.registry.persons.showing import NotReplayed
from services.registry.project_library import claims, exports, follow_ups
from services.registry.project_library.claim_schemas import (
    AbandonClaim,
    AcceptClaim,
    AssignClaim,
    ClaimFilter,
    FollowUp,
    LapsedClaimsOut,
    LibraryClaimOut,
    LibraryFollowUpOut,
    RefuseClaim,
    SucceedClaim,
)
from services.registry.project_library.models import LibraryClaim, LibraryFollowUp
from services.registry.project_library.queries import (
    CLAIM_ORDERS,
    LIBRARIANS,
    READERS,
    claim_in,
    claim_out,
    claims as claims_of,
    claims_matching,
    find_claim,
    log_scope,
    shown_claim,
    shown_on,
)
from services.registry.project_library.state import ref_of
from services.registry.remarks.usecases import latest_remark
from services.registry.steps import CaseStep
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, FOUNDER, MENTOR
from shared.db import Session
from shared.events.outbox import EventContext
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, PageParams, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/library-claims", tags=["library-claims"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(*READERS))]
Answerer = Annotated[Principal, Depends(require(FOUNDER, *LIBRARIANS))]
Librarian = Annotated[Principal, Depends(require(*LIBRARIANS))]
Follower = Annotated[Principal, Depends(require(CENTRE_OPERATOR, MENTOR, *LIBRARIANS))]
Centre = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *LIBRARIANS))]
Exporter = Annotated[Principal, Depends(require(*EXPORTERS))]
Party = Annotated[Principal, Depends(require(FOUNDER, CENTRE_OPERATOR, *LIBRARIANS))]

_STEP = problem_responses(403, 404, 409, 412)


@router.get("")
async def list_claims(
    session: Session, principal: Reader, wanted: Annotated[ClaimFilter, Query()]
) -> Page[LibraryClaimOut]:
    """Choices that the caller has to do with."""
    query = claims_of(principal).where(claims_matching(wanted, principal.today))
    keys, item = CLAIM_ORDERS[wanted.sort], shown_on(principal.today)
    return await paginate(session, query, keys=keys, params=wanted, item=item)


@router.post("/lapse")
async def lapse_claims(session: Session, principal: Librarian) -> LapsedClaimsOut:
    """Record at once which choices have lapsed by today; otherwise the daily work does. Some of them at a time: again
    until it answers 0."""
    found = await follow_ups.lapse_due(session, principal.today, lambda day: EventContext.of(principal, day))
    return LapsedClaimsOut(lapsed=len(found))


@router.post(
    "/export",
    response_class=Response,
    responses={**problem_responses(409, 503), 200: {"content": {"application/octet-stream": {}}}},
)
async def export_claims(
    body: ExportPersons, session: Session, principal: Exporter, runtime: RuntimeDep, keys: Keys, _: NotReplayed
) -> Response:
    """The current choices with names and contacts of founders and owners, for a reason that is kept."""
    return await exports.export_claims(session, runtime.editions, keys, principal, body)


@router.get("/{claim_id}", responses=problem_responses(404))
async def read_claim(claim_id: UUID, session: Session, principal: Reader, response: Response) -> LibraryClaimOut:
    """One choice."""
    row = await find_claim(session, principal, claim_id)
    set_etag(response, row[0].version)
    remark = await latest_remark(session, claim_id)
    return shown_claim(row, principal.today).model_copy(update={"remark": remark})


@router.post("/{claim_id}/accept", responses=_STEP)
async def accept_claim(
    claim_id: UUID,
    session: Session,
    principal: Answerer,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[AcceptClaim, Body(default_factory=AcceptClaim)],
    if_match: IfMatch = None,
) -> LibraryClaimOut:
    """Give the project to the founder."""
    claim = await claims.accept_claim(session, runtime.editions, principal, claim_id, body, if_match=if_match)
    return await _answer(session, principal, claim, response)


@router.post("/{claim_id}/refuse", responses=_STEP)
async def refuse_claim(
    claim_id: UUID,
    body: RefuseClaim,
    session: Session,
    principal: Answerer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> LibraryClaimOut:
    """Do not give it."""
    step = CaseStep(reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    claim = await claims.refuse_claim(session, runtime.editions, principal, claim_id, step)
    return await _answer(session, principal, claim, response)


@router.post("/{claim_id}/take-back", responses=_STEP)
async def take_back_claim(
    claim_id: UUID, session: Session, principal: Answerer, response: Response, if_match: IfMatch = None
) -> LibraryClaimOut:
    """Take the request back before it is answered."""
    claim = await claims.take_back_claim(session, principal, claim_id, CaseStep(if_match=if_match))
    return await _answer(session, principal, claim, response)


@router.post("/{claim_id}/assign", responses=_STEP)
async def assign_claim(
    claim_id: UUID,
    body: AssignClaim,
    session: Session,
    principal: Librarian,
    response: Response,
    if_match: IfMatch = None,
) -> LibraryClaimOut:
    """Have another centre or mentor follow it up."""
    claim = await claims.assign_claim(session, principal, claim_id, body, if_match=if_match)
    return await _answer(session, principal, claim, response)


@router.get("/{claim_id}/follow-ups", responses=problem_responses(404))
async def list_follow_ups(
    claim_id: UUID, session: Session, principal: Reader, wanted: Annotated[PageParams, Query()]
) -> Page[LibraryFollowUpOut]:
    """The follow-up log, oldest entry first; it is not the owner's to read."""
    await claim_in(session, log_scope(principal), claim_id)
    query = select(LibraryFollowUp).where(LibraryFollowUp.claim_id == claim_id)
    keys = [LibraryFollowUp.held_on, LibraryFollowUp.id]
    return await paginate(session, query, keys=keys, params=wanted, item=LibraryFollowUpOut.model_validate)


@router.post("/{claim_id}/follow-ups", status_code=201, responses=_STEP)
async def follow_up(
    claim_id: UUID,
    body: FollowUp,
    session: Session,
    principal: Follower,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> LibraryClaimOut:
    """Enter what was done for the founder."""
    claim = await follow_ups.follow_up(session, runtime.editions, principal, claim_id, body, if_match=if_match)
    response.headers["Location"] = f"/v1/library-claims/{claim.id}/follow-ups"
    return await _answer(session, principal, claim, response)


@router.post("/{claim_id}/succeed", responses=_STEP)
async def succeed_claim(
    claim_id: UUID,
    body: SucceedClaim,
    session: Session,
    principal: Centre,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> LibraryClaimOut:
    """The founder registered an enterprise with it."""
    claim = await follow_ups.succeed_claim(session, runtime.editions, principal, claim_id, body, if_match=if_match)
    return await _answer(session, principal, claim, response)


@router.post("/{claim_id}/abandon", responses=_STEP)
async def abandon_claim(
    claim_id: UUID,
    body: AbandonClaim,
    session: Session,
    principal: Party,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> LibraryClaimOut:
    """The founder gave it up."""
    step = CaseStep(on=body.abandoned_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    claim = await follow_ups.abandon_claim(session, runtime.editions, principal, claim_id, step)
    return await _answer(session, principal, claim, response)


async def _answer(
    session: AsyncSession, principal: Principal, claim: LibraryClaim, response: Response
) -> LibraryClaimOut:
    set_etag(response, claim.version)
    mentor = claim.mentor_person_id
    mentor_ref = None if mentor is None else await ref_of(session, mentor)
    return claim_out(claim, await ref_of(session, claim.person_id), mentor_ref, principal.today)
