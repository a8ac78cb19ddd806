"""`/v1/tier-applications`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from services.registry.access import APPROVERS, DIVISION_ROLES, OFFICERS, READ_ALL
from services.registry.remarks.usecases import latest_remark
from services.registry.steps import CaseStep
from services.registry.tiers import usecases
from services.registry.tiers.models import TierApplication
from services.registry.tiers.queries import applications, find_application, matching
from services.registry.tiers.schemas import (
    AnnounceTier,
    ApplyForTier,
    ApproveTier,
    AskTier,
    EligibilityOut,
    RefuseTier,
    ReviewTier,
    TierApplicationFilter,
    TierApplicationOut,
    WithdrawTier,
)
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/tier-applications", tags=["tier-applications"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *DIVISION_ROLES, *READ_ALL))]
Applicant = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *OFFICERS))]
Officer = Annotated[Principal, Depends(require(*OFFICERS))]
Approver = Annotated[Principal, Depends(require(*APPROVERS))]

_STEP = problem_responses(404, 409, 412)


@router.post("/eligibility", responses=problem_responses(404))
async def ask_tier(body: AskTier, session: Session, principal: Applicant, runtime: RuntimeDep) -> EligibilityOut:
    """Would an application today pass, criterion by criterion? Nothing is recorded."""
    decision = await usecases.ask_tier(session, runtime.editions, principal, body)
    return EligibilityOut(
        eligible=decision.passed,
        centre_id=body.centre_id,
        tier=body.tier,
        day=principal.today,
        decision=decision.to_json(),
    )


@router.get("")
async def list_tier_applications(
    session: Session, principal: Reader, wanted: Annotated[TierApplicationFilter, Query()]
) -> Page[TierApplicationOut]:
    """Applications that the caller takes part in or watches over."""
    query = applications(principal).where(matching(wanted))
    key = TierApplication.id.desc() if wanted.sort.startswith("-") else TierApplication.id
    return await paginate(session, query, keys=[key], params=wanted, item=TierApplicationOut.model_validate)


@router.get("/{application_id}", responses=problem_responses(404))
async def read_tier_application(
    application_id: UUID, session: Session, principal: Reader, response: Response
) -> TierApplicationOut:
    """One application."""
    application = await find_application(session, principal, application_id)
    remark = await latest_remark(session, application_id)
    return _answer(application, response).model_copy(update={"remark": remark})


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def apply_for_tier(
    body: ApplyForTier, session: Session, principal: Applicant, runtime: RuntimeDep, response: Response
) -> TierApplicationOut:
    """Apply for a tier of a listed centre."""
    application = await usecases.apply_for_tier(session, runtime.editions, principal, body)
    response.headers["Location"] = f"/v1/tier-applications/{application.id}"
    return _answer(application, response)


@router.post("/{application_id}/review", responses=_STEP)
async def review_tier(
    application_id: UUID,
    session: Session,
    principal: Officer,
    response: Response,
    body: Annotated[ReviewTier, Body(default_factory=ReviewTier)],
    if_match: IfMatch = None,
) -> TierApplicationOut:
    """Propose the tier."""
    step = CaseStep(on=body.reviewed_on, if_match=if_match)
    return _answer(await usecases.review_tier(session, principal, application_id, step), response)


@router.post("/{application_id}/announce", responses=_STEP)
async def announce_tier(
    application_id: UUID,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[AnnounceTier, Body(default_factory=AnnounceTier)],
    if_match: IfMatch = None,
) -> TierApplicationOut:
    """Put the application on public notice."""
    step = CaseStep(on=body.starts_on, if_match=if_match)
    application = await usecases.announce_tier(session, runtime.editions, principal, application_id, step)
    return _answer(application, response)


@router.post("/{application_id}/approve", responses=_STEP)
async def approve_tier(
    application_id: UUID,
    body: ApproveTier,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> TierApplicationOut:
    """Approve the tier by a document, after the notice."""
    step = CaseStep(on=body.decided_on, document_no=body.document_no, if_match=if_match)
    application = await usecases.approve_tier(session, runtime.editions, principal, application_id, step)
    return _answer(application, response)


@router.post("/{application_id}/refuse", responses=_STEP)
async def refuse_tier(
    application_id: UUID,
    body: RefuseTier,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> TierApplicationOut:
    """Refuse the tier."""
    step = CaseStep(on=body.decided_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    application = await usecases.refuse_tier(session, runtime.editions, principal, application_id, step)
    return _answer(application, response)


@router.post("/{application_id}/withdraw", responses=_STEP)
async def withdraw_tier(
    application_id: UUID,
    session: Session,
    principal: Applicant,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[WithdrawTier, Body(default_factory=WithdrawTier)],
    if_match: IfMatch = None,
) -> TierApplicationOut:
    """Take the application back."""
    step = CaseStep(on=body.withdrawn_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    application = await usecases.withdraw_tier(session, runtime.editions, principal, application_id, step)
    return _answer(application, response)


def _answer(application: TierApplication, response: Response) -> TierApplicationOut:
    set_etag(response, application.version)
    return TierApplicationOut.model_validate(application)
