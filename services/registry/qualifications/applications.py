"""`/v1/qualification-applications`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from services.registry.access import APPROVERS, DIVISION_ROLES, OFFICERS, READ_ALL
from services.registry.qualifications import usecases
from services.registry.qualifications.models import Qualification
from services.registry.qualifications.queries import applications, find, matching
from services.registry.qualifications.schemas import (
    AnnounceTitle,
    ApplicationFilter,
    ApplicationOut,
    ApplyForTitle,
    GrantTitle,
    RefuseTitle,
    ReviewTitle,
    WithdrawTitle,
)
from services.registry.remarks.usecases import latest_remark
from services.registry.steps import CaseStep
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(
    prefix="/v1/qualification-applications", tags=["qualification-applications"], route_class=ServiceRoute
)

Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *DIVISION_ROLES, *READ_ALL))]
Applicant = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *OFFICERS))]
Officer = Annotated[Principal, Depends(require(*OFFICERS))]
Approver = Annotated[Principal, Depends(require(*APPROVERS))]

_STEP = problem_responses(404, 409, 412)


@router.get("")
async def list_applications(
    session: Session, principal: Reader, wanted: Annotated[ApplicationFilter, Query()]
) -> Page[ApplicationOut]:
    """Applications that the caller takes part in or watches over."""
    query = applications(principal).where(matching(wanted, principal.today))
    key = Qualification.id.desc() if wanted.sort.startswith("-") else Qualification.id

    def item(title: Qualification) -> ApplicationOut:
        return ApplicationOut.of(title, principal.today)

    return await paginate(session, query, keys=[key], params=wanted, item=item)


@router.get("/{application_id}", responses=problem_responses(404))
async def read_application(
    application_id: UUID, session: Session, principal: Reader, response: Response
) -> ApplicationOut:
    """One application."""
    title = await find(session, applications(principal), "qualification-application", application_id)
    remark = await latest_remark(session, application_id)
    return answer(title, principal, response).model_copy(update={"remark": remark})


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def apply_for_title(
    body: ApplyForTitle, session: Session, principal: Applicant, runtime: RuntimeDep, response: Response
) -> ApplicationOut:
    """Apply for a title of a listed centre."""
    title = await usecases.apply_for_title(session, runtime.editions, principal, body)
    response.headers["Location"] = f"/v1/qualification-applications/{title.id}"
    return answer(title, principal, response)


@router.post("/{application_id}/review", responses=_STEP)
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
    return answer(await usecases.review_title(session, principal, application_id, step), principal, response)


@router.post("/{application_id}/announce", responses=_STEP)
async def announce_title(
    application_id: UUID,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[AnnounceTitle, Body(default_factory=AnnounceTitle)],
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Put the application on public notice."""
    step = CaseStep(on=body.starts_on, if_match=if_match)
    title = await usecases.announce_title(session, runtime.editions, principal, application_id, step)
    return answer(title, principal, response)


@router.post("/{application_id}/grant", responses=_STEP)
async def grant_title(
    application_id: UUID,
    body: GrantTitle,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Grant the title by a document, after the notice."""
    step = CaseStep(on=body.decided_on, document_no=body.document_no, if_match=if_match)
    editions = runtime.editions
    title = await usecases.grant_title(session, editions, principal, application_id, step, issuer=body.issuer)
    return answer(title, principal, response)


@router.post("/{application_id}/refuse", responses=_STEP)
async def refuse_title(
    application_id: UUID,
    body: RefuseTitle,
    session: Session,
    principal: Approver,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Refuse the title."""
    step = CaseStep(on=body.decided_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    title = await usecases.refuse_title(session, runtime.editions, principal, application_id, step)
    return answer(title, principal, response)


@router.post("/{application_id}/withdraw", responses=_STEP)
async def withdraw_title(
    application_id: UUID,
    session: Session,
    principal: Applicant,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[WithdrawTitle, Body(default_factory=WithdrawTitle)],
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Take the application back."""
    step = CaseStep(on=body.withdrawn_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    title = await usecases.withdraw_title(session, runtime.editions, principal, application_id, step)
    return answer(title, principal, response)


def answer(title: Qualification, principal: Principal, response: Response) -> ApplicationOut:
    """The case as of the caller's day, with its version."""
    set_etag(response, title.version)
    return ApplicationOut.of(title, principal.today)
