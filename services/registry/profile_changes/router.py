"""`/v1/centres/{id}/profile-changes`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy import select

from services.registry.access import APPROVERS, OFFICERS, READ_ALL
from services.registry.centres.queries import require_readable
from services.registry.profile_changes import usecases
from services.registry.profile_changes.models import ProfileChange
from services.registry.profile_changes.schemas import (
    ApplyForProfileChange,
    ApproveProfileChange,
    ProfileChangeFilter,
    ProfileChangeOut,
    RefuseProfileChange,
    ResubmitProfileChange,
    ReturnProfileChange,
    ReviewProfileChange,
)
from services.registry.steps import CaseStep
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, DIVISION_APPROVER, DIVISION_OFFICER
from shared.db import Session
from shared.errors import not_found
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/centres/{centre_id}/profile-changes", tags=["centres"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, DIVISION_OFFICER, DIVISION_APPROVER, *READ_ALL))]
Applicant = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *OFFICERS))]
Officer = Annotated[Principal, Depends(require(*OFFICERS))]
Handler = Annotated[Principal, Depends(require(*OFFICERS, *APPROVERS))]
Approver = Annotated[Principal, Depends(require(*APPROVERS))]

_STEP = problem_responses(404, 409, 412)


@router.get("", responses=problem_responses(404))
async def list_profile_changes(
    centre_id: UUID, session: Session, principal: Reader, wanted: Annotated[ProfileChangeFilter, Query()]
) -> Page[ProfileChangeOut]:
    """The centre's changes of profile, for those who see its case."""
    await require_readable(session, principal, centre_id)
    query = select(ProfileChange).where(ProfileChange.centre_id == centre_id)
    for column, value in ((ProfileChange.status, wanted.status), (ProfileChange.no, wanted.no)):
        if value is not None:
            query = query.where(column == value)
    item = ProfileChangeOut.model_validate
    return await paginate(session, query, keys=[ProfileChange.id], params=wanted, item=item)


@router.get("/{change_id}", responses=problem_responses(404))
async def read_profile_change(
    centre_id: UUID, change_id: UUID, session: Session, principal: Reader, response: Response
) -> ProfileChangeOut:
    """One change of profile."""
    await require_readable(session, principal, centre_id)
    change = await session.get(ProfileChange, change_id)
    if change is None or change.centre_id != centre_id:
        raise not_found("profile-change")
    return _answer(change, response)


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def apply_for_profile_change(
    centre_id: UUID,
    body: ApplyForProfileChange,
    session: Session,
    principal: Applicant,
    runtime: RuntimeDep,
    response: Response,
) -> ProfileChangeOut:
    """Ask for other values of a listed centre's profile."""
    change = await usecases.apply_for_change(session, runtime.editions, principal, centre_id, body)
    response.headers["Location"] = f"/v1/centres/{centre_id}/profile-changes/{change.id}"
    return _answer(change, response)


@router.post("/{change_id}/resubmit", responses=_STEP)
async def resubmit_profile_change(
    centre_id: UUID,
    change_id: UUID,
    body: ResubmitProfileChange,
    session: Session,
    principal: Applicant,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ProfileChangeOut:
    """Hand a returned change in again."""
    editions = runtime.editions
    change = await usecases.resubmit_change(session, editions, principal, centre_id, change_id, body, if_match=if_match)
    return _answer(change, response)


@router.post("/{change_id}/review", responses=_STEP)
async def review_profile_change(
    centre_id: UUID,
    change_id: UUID,
    session: Session,
    principal: Officer,
    response: Response,
    body: Annotated[ReviewProfileChange, Body(default_factory=ReviewProfileChange)],
    if_match: IfMatch = None,
) -> ProfileChangeOut:
    """Propose the change."""
    step = CaseStep(on=body.reviewed_on, if_match=if_match)
    return _answer(await usecases.review_change(session, principal, centre_id, change_id, step), response)


@router.post("/{change_id}/return", responses=_STEP)
async def return_profile_change(
    centre_id: UUID,
    change_id: UUID,
    body: ReturnProfileChange,
    session: Session,
    principal: Handler,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ProfileChangeOut:
    """Send the change back for correction."""
    step = CaseStep(on=body.returned_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    editions = runtime.editions
    change = await usecases.return_change(session, editions, principal, centre_id, change_id, step)
    return _answer(change, response)


@router.post("/{change_id}/approve", responses=_STEP)
async def approve_profile_change(
    centre_id: UUID,
    change_id: UUID,
    body: ApproveProfileChange,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ProfileChangeOut:
    """Let the new values hold from the day of the decision."""
    step = CaseStep(on=body.decided_on, document_no=body.document_no, if_match=if_match)
    editions = runtime.editions
    change = await usecases.approve_change(session, editions, principal, centre_id, change_id, step)
    return _answer(change, response)


@router.post("/{change_id}/refuse", responses=_STEP)
async def refuse_profile_change(
    centre_id: UUID,
    change_id: UUID,
    body: RefuseProfileChange,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ProfileChangeOut:
    """Refuse the change."""
    step = CaseStep(on=body.decided_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    editions = runtime.editions
    change = await usecases.refuse_change(session, editions, principal, centre_id, change_id, step)
    return _answer(change, response)


def _answer(change: ProfileChange, response: Response) -> ProfileChangeOut:
    set_etag(response, change.version)
    return ProfileChangeOut.model_validate(change)
