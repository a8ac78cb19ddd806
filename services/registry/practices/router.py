"""`/v1/practices`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import StreamingResponse

from services.registry.practices import usecases
from services.registry.practices.models import Practice
from services.registry.practices.queries import (
    DECIDERS,
    EDITORS,
    ORDERS,
    find_attachment,
    find_visible,
    matching,
    publications_of,
    shown,
    visible,
)
from services.registry.practices.schemas import (
    AmendPractice,
    ApprovePractice,
    DraftPractice,
    PracticeFilter,
    PracticeOut,
    PublicisePractice,
    PublicPracticeOut,
    PublishPractice,
    ReturnPractice,
    SubmitPractice,
    WithdrawPractice,
)
from services.registry.remarks.usecases import latest_remark
from services.registry.steps import CaseStep
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, DIVISION_OFFICER, PUBLIC
from shared.db import Session
from shared.files.router import file_answer
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/practices", tags=["practices"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
Author = Annotated[Principal, Depends(require(CENTRE_OPERATOR, DIVISION_OFFICER, *EDITORS))]
Editor = Annotated[Principal, Depends(require(*EDITORS))]
Handler = Annotated[Principal, Depends(require(*EDITORS, *DECIDERS))]
Decider = Annotated[Principal, Depends(require(*DECIDERS))]

_STEP = problem_responses(404, 409, 412)


@router.get("")
async def list_practices(
    session: Session, principal: Anyone, wanted: Annotated[PracticeFilter, Query()]
) -> Page[PracticeOut | PublicPracticeOut]:
    """Published cases for everybody; one's own in every state."""
    query = visible(principal).where(matching(wanted))
    return await paginate(session, query, keys=ORDERS[wanted.sort], params=wanted, item=shown)


@router.get("/{practice_id}", responses=problem_responses(404))
async def read_practice(
    practice_id: UUID, session: Session, principal: Anyone, response: Response
) -> PracticeOut | PublicPracticeOut:
    """One case with its publication log."""
    row = await find_visible(session, principal, practice_id)
    set_etag(response, row[0].version)
    answer = shown(row).model_copy(update={"publications": await publications_of(session, practice_id)})
    if isinstance(answer, PracticeOut):
        return answer.model_copy(update={"remark": await latest_remark(session, practice_id)})
    return answer


@router.get(
    "/{practice_id}/attachments/{document_id}",
    response_class=StreamingResponse,
    responses={**problem_responses(404), 200: {"content": {"application/octet-stream": {}}}},
)
async def read_attachment(
    practice_id: UUID, document_id: UUID, session: Session, principal: Anyone, runtime: RuntimeDep
) -> Response:
    """A document that is shown with the case, to be saved."""
    return file_answer(runtime.files, await find_attachment(session, principal, practice_id, document_id))


@router.post("", status_code=201, responses=problem_responses(404))
async def draft_practice(body: DraftPractice, session: Session, principal: Author, response: Response) -> PracticeOut:
    """Draft a case."""
    practice = await usecases.draft_practice(session, principal, body)
    response.headers["Location"] = f"/v1/practices/{practice.id}"
    return await _answer(session, practice, response)


@router.patch("/{practice_id}", responses=problem_responses(404, 409, 412, 428))
async def amend_practice(
    practice_id: UUID,
    body: AmendPractice,
    session: Session,
    principal: Author,
    response: Response,
    if_match: IfMatch = None,
) -> PracticeOut:
    """Change a draft."""
    practice = await usecases.amend_practice(session, principal, practice_id, body, if_match=if_match)
    return await _answer(session, practice, response)


@router.post("/{practice_id}/submit", responses=_STEP)
async def submit_practice(
    practice_id: UUID,
    session: Session,
    principal: Author,
    response: Response,
    body: Annotated[SubmitPractice, Body(default_factory=SubmitPractice)],
    if_match: IfMatch = None,
) -> PracticeOut:
    """Hand it in."""
    step = CaseStep(on=body.submitted_on, if_match=if_match)
    return await _answer(session, await usecases.submit_practice(session, principal, practice_id, step), response)


@router.post("/{practice_id}/return", responses=_STEP)
async def return_practice(
    practice_id: UUID,
    body: ReturnPractice,
    session: Session,
    principal: Handler,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> PracticeOut:
    """Send it back as a draft."""
    step = CaseStep(on=body.returned_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    practice = await usecases.return_practice(session, runtime.editions, principal, practice_id, step)
    return await _answer(session, practice, response)


@router.post("/{practice_id}/approve", responses=_STEP)
async def approve_practice(
    practice_id: UUID,
    session: Session,
    principal: Decider,
    response: Response,
    body: Annotated[ApprovePractice, Body(default_factory=ApprovePractice)],
    if_match: IfMatch = None,
) -> PracticeOut:
    """Take it into the library."""
    step = CaseStep(on=body.approved_on, if_match=if_match)
    return await _answer(session, await usecases.approve_practice(session, principal, practice_id, step), response)


@router.post("/{practice_id}/publish", responses=_STEP)
async def publish_practice(
    practice_id: UUID,
    session: Session,
    principal: Handler,
    response: Response,
    body: Annotated[PublishPractice, Body(default_factory=PublishPractice)],
    if_match: IfMatch = None,
) -> PracticeOut:
    """Make it public."""
    step = CaseStep(on=body.published_on, if_match=if_match)
    return await _answer(session, await usecases.publish_practice(session, principal, practice_id, step), response)


@router.post("/{practice_id}/publicise", responses=_STEP)
async def publicise_practice(
    practice_id: UUID,
    body: PublicisePractice,
    session: Session,
    principal: Editor,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> PracticeOut:
    """Enter in the publication log where it was made known."""
    practice = await usecases.publicise_practice(
        session, runtime.editions, principal, practice_id, body, if_match=if_match
    )
    return await _answer(session, practice, response)


@router.post("/{practice_id}/withdraw", responses=_STEP)
async def withdraw_practice(
    practice_id: UUID,
    body: WithdrawPractice,
    session: Session,
    principal: Handler,
    response: Response,
    if_match: IfMatch = None,
) -> PracticeOut:
    """Take it out of the public."""
    step = CaseStep(on=body.withdrawn_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    return await _answer(session, await usecases.withdraw_practice(session, principal, practice_id, step), response)


async def _answer(session: AsyncSession, practice: Practice, response: Response) -> PracticeOut:
    set_etag(response, practice.version)
    publications = await publications_of(session, practice.id)
    return PracticeOut.model_validate(practice).model_copy(update={"publications": publications})
