"""`/v1/qualification-applications` and `/v1/qualifications`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from services.registry.access import APPROVERS, DIVISION_ROLES, OFFICERS, READ_ALL
from services.registry.qualifications import usecases
from services.registry.qualifications.models import Qualification
from services.registry.qualifications.queries import applications, find, matching, titles
from services.registry.qualifications.schemas import (
    ApplicationFilter,
    ApplicationOut,
    ApplyForTitle,
    GrantTitle,
    ProposeRevocation,
    QualificationFilter,
    QualificationOut,
    RefuseTitle,
    ReviewTitle,
    RevokeTitle,
)
from services.registry.remarks.usecases import latest_remark
from services.registry.steps import CaseStep
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, PUBLIC
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

application_router = APIRouter(
    prefix="/v1/qualification-applications", tags=["qualification-applications"], route_class=ServiceRoute
)
router = APIRouter(prefix="/v1/qualifications", tags=["qualifications"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *DIVISION_ROLES, *READ_ALL))]
Applicant = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *OFFICERS))]
Officer = Annotated[Principal, Depends(require(*OFFICERS))]
Approver = Annotated[Principal, Depends(require(*APPROVERS))]

_STEP = problem_responses(404, 409, 412)


@application_router.get("")
async def list_applications(
    session: Session, principal: Reader, wanted: Annotated[ApplicationFilter, Query()]
) -> Page[ApplicationOut]:
    """Applications that the caller takes part in or watches over."""
    query = applications(principal).where(matching(wanted))
    key = Qualification.id.desc() if wanted.sort.startswith("-") else Qualification.id
    return await paginate(session, query, keys=[key], params=wanted, item=ApplicationOut.model_validate)


@application_router.get("/{application_id}", responses=problem_responses(404))
async def read_application(
    application_id: UUID, session: Session, principal: Reader, response: Response
) -> ApplicationOut:
    """One application."""
    title = await find(session, applications(principal), "qualification-application", application_id)
    remark = await latest_remark(session, application_id)
    return _answer(title, response).model_copy(update={"remark": remark})


@application_router.post("", status_code=201, responses=problem_responses(404, 409))
async def apply_for_title(
    body: ApplyForTitle, session: Session, principal: Applicant, runtime: RuntimeDep, response: Response
) -> ApplicationOut:
    """Apply for a title of a listed centre."""
    title = await usecases.apply_for_title(session, runtime.editions, principal, body)
    response.headers["Location"] = f"/v1/qualification-applications/{title.id}"
    return _answer(title, response)


@application_router.post("/{application_id}/review", responses=_STEP)
async def review_title(
    application_id: UUID,
    session: Session,
    principal: Officer,
    response: Response,
    body: Annotated[ReviewTitle, Body(default_factory=ReviewTitle)],
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Propose the grant."""
    step = CaseStep(on=body.reviewed_on, if_match=if_match)
    return _answer(await usecases.review_title(session, principal, application_id, step), response)


@application_router.post("/{application_id}/grant", responses=_STEP)
async def grant_title(
    application_id: UUID,
    body: GrantTitle,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Grant the title by a document."""
    step = CaseStep(on=body.decided_on, document_no=body.document_no, if_match=if_match)
    title = await usecases.grant_title(session, runtime.editions, principal, application_id, step)
    return _answer(title, response)


@application_router.post("/{application_id}/refuse", responses=_STEP)
async def refuse_title(
    application_id: UUID,
    body: RefuseTitle,
    session: Session,
    principal: Approver,
    response: Response,
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Refuse the title."""
    step = CaseStep(on=body.decided_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    return _answer(await usecases.refuse_title(session, principal, application_id, step), response)


@router.get("")
async def list_titles(
    session: Session, _: Anyone, wanted: Annotated[QualificationFilter, Query()]
) -> Page[QualificationOut]:
    """The public register of titles, revoked ones included."""
    query = titles().where(matching(wanted))
    return await paginate(session, query, keys=[Qualification.id], params=wanted, item=QualificationOut.model_validate)


@router.get("/{qualification_id}", responses=problem_responses(404))
async def read_title(qualification_id: UUID, session: Session, _: Anyone, response: Response) -> QualificationOut:
    """One title."""
    title = await find(session, titles(), "qualification", qualification_id)
    set_etag(response, title.version)
    return QualificationOut.model_validate(title)


@router.post("/{qualification_id}/propose-revocation", responses=_STEP)
async def propose_revocation(
    qualification_id: UUID,
    body: ProposeRevocation,
    session: Session,
    principal: Officer,
    response: Response,
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Propose to revoke a title in force."""
    step = CaseStep(on=body.proposed_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    return _answer(await usecases.propose_revocation(session, principal, qualification_id, step), response)


@router.post("/{qualification_id}/revoke", responses=_STEP)
async def revoke_title(
    qualification_id: UUID,
    body: RevokeTitle,
    session: Session,
    principal: Approver,
    response: Response,
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Revoke a title, on another person's proposal."""
    step = CaseStep(on=body.decided_on, document_no=body.document_no, if_match=if_match)
    return _answer(await usecases.revoke_title(session, principal, qualification_id, step), response)


def _answer(title: Qualification, response: Response) -> ApplicationOut:
    set_etag(response, title.version)
    return ApplicationOut.model_validate(title)
