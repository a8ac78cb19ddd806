"""`/v1/centres`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from services.registry.access import APPROVERS, OFFICERS
from services.registry.centres import profile, usecases
from services.registry.centres.models import Centre
from services.registry.centres.queries import ORDERS, PUBLIC_VIEW, find_visible, matching, shown, visible
from services.registry.centres.schemas import (
    AmendCentre,
    AnnounceCentre,
    CentreFilter,
    CentreOut,
    ListCentre,
    PublicCentreOut,
    RegisterCentre,
    RejectCentre,
    ReturnCentre,
    ReviewCentre,
    SubmitCentre,
)
from services.registry.grades.queries import latest_results
from services.registry.history.queries import AsOf, state_on
from services.registry.history.schemas import StateAsOf
from services.registry.policy import edition_at
from services.registry.remarks.usecases import latest_remark
from services.registry.steps import CaseStep
from services.registry.tiers.periods import tier_today, tiers_again
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, PUBLIC
from shared.db import Session
from shared.events.contracts import registry as rc
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/centres", tags=["centres"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
Applicant = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *OFFICERS))]
Officer = Annotated[Principal, Depends(require(*OFFICERS))]
Handler = Annotated[Principal, Depends(require(*OFFICERS, *APPROVERS))]
Approver = Annotated[Principal, Depends(require(*APPROVERS))]

_STEP = problem_responses(404, 409, 412)


@router.get("")
async def list_centres(
    session: Session, principal: Anyone, runtime: RuntimeDep, wanted: Annotated[CentreFilter, Query()]
) -> Page[CentreOut | PublicCentreOut]:
    """Listed and delisted centres for everybody; the caller's own in every state, and with every field."""
    edition = edition_at(runtime.editions, principal.today)
    query = visible(principal).where(matching(wanted, tier_today(edition, principal.today)))
    page = await paginate(session, query, keys=ORDERS[wanted.sort], params=wanted, item=shown)
    ids = [centre.id for centre in page.items]
    results = await latest_results(session, ids)
    again = await tiers_again(session, edition, ids, principal.today)
    items = [
        centre.model_copy(update={"latest_result": results.get(centre.id), "tier": again.get(centre.id, centre.tier)})
        for centre in page.items
    ]
    return Page(items=items, next=page.next)


@router.get("/{centre_id}", responses=problem_responses(404))
async def read_centre(
    centre_id: UUID,
    session: Session,
    principal: Anyone,
    runtime: RuntimeDep,
    response: Response,
    as_of: AsOf = None,
) -> CentreOut | PublicCentreOut | StateAsOf:
    """One centre, now or on a day; its public fields for those who do not take part in its case."""
    row = await find_visible(session, principal, centre_id)
    if as_of is not None:
        public = None if row[1] else PUBLIC_VIEW
        return await state_on(session, principal, rc.CENTRE, centre_id, as_of, public=public)
    set_etag(response, row[0].version)
    answer = shown(row)
    results = await latest_results(session, [centre_id])
    edition = edition_at(runtime.editions, principal.today)
    again = await tiers_again(session, edition, [centre_id], principal.today)
    told: dict[str, object] = {
        "latest_result": results.get(centre_id),
        "tier": again.get(centre_id, answer.tier),
    }
    if isinstance(answer, CentreOut):
        told["remark"] = await latest_remark(session, centre_id)
    return answer.model_copy(update=told)


@router.post("", status_code=201, responses=problem_responses(409))
async def register_centre(
    body: RegisterCentre, session: Session, principal: Applicant, runtime: RuntimeDep, response: Response
) -> CentreOut:
    """Register a draft."""
    centre = await profile.register_centre(session, runtime.editions, principal, body)
    response.headers["Location"] = f"/v1/centres/{centre.id}"
    return _answer(centre, response)


@router.patch("/{centre_id}", responses=problem_responses(404, 409, 412, 428))
async def amend_centre(
    centre_id: UUID,
    body: AmendCentre,
    session: Session,
    principal: Applicant,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CentreOut:
    """Change a draft or a returned application, or what describes a listed centre."""
    centre = await profile.amend_centre(session, runtime.editions, principal, centre_id, body, if_match=if_match)
    return _answer(centre, response)


@router.post("/{centre_id}/submit", responses=_STEP)
async def submit_centre(
    centre_id: UUID,
    session: Session,
    principal: Applicant,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[SubmitCentre, Body(default_factory=SubmitCentre)],
    if_match: IfMatch = None,
) -> CentreOut:
    """Apply for the listing."""
    step = CaseStep(on=body.applied_on, if_match=if_match)
    centre = await usecases.submit_centre(session, runtime.editions, principal, centre_id, step)
    return _answer(centre, response)


@router.post("/{centre_id}/review", responses=_STEP)
async def review_centre(
    centre_id: UUID,
    session: Session,
    principal: Officer,
    response: Response,
    body: Annotated[ReviewCentre, Body(default_factory=ReviewCentre)],
    if_match: IfMatch = None,
) -> CentreOut:
    """Propose the listing."""
    step = CaseStep(on=body.reviewed_on, if_match=if_match)
    return _answer(await usecases.review_centre(session, principal, centre_id, step), response)


@router.post("/{centre_id}/announce", responses=_STEP)
async def announce_centre(
    centre_id: UUID,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[AnnounceCentre, Body(default_factory=AnnounceCentre)],
    if_match: IfMatch = None,
) -> CentreOut:
    """Put the proposed listing on public notice."""
    step = CaseStep(on=body.starts_on, if_match=if_match)
    centre = await usecases.announce_centre(session, runtime.editions, principal, centre_id, step)
    return _answer(centre, response)


@router.post("/{centre_id}/return", responses=_STEP)
async def return_centre(
    centre_id: UUID,
    body: ReturnCentre,
    session: Session,
    principal: Handler,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CentreOut:
    """Send back for correction."""
    step = CaseStep(on=body.returned_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    centre = await usecases.return_centre(session, runtime.editions, principal, centre_id, step)
    return _answer(centre, response)


@router.post("/{centre_id}/list", responses=_STEP)
async def list_centre(
    centre_id: UUID,
    body: ListCentre,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CentreOut:
    """List the centre by a document, when its public notice is over."""
    step = CaseStep(on=body.decided_on, document_no=body.document_no, if_match=if_match)
    centre = await usecases.list_centre(session, runtime.editions, principal, centre_id, step)
    return _answer(centre, response)


@router.post("/{centre_id}/reject", responses=_STEP)
async def reject_centre(
    centre_id: UUID,
    body: RejectCentre,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CentreOut:
    """Refuse the listing."""
    step = CaseStep(on=body.decided_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    centre = await usecases.reject_centre(session, runtime.editions, principal, centre_id, step)
    return _answer(centre, response)


def _answer(centre: Centre, response: Response) -> CentreOut:
    set_etag(response, centre.version)
    return CentreOut.model_validate(centre)
