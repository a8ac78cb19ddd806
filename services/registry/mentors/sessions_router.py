"""`/v1/mentors/sessions`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import select

from services.registry.access import DIVISION_ROLES, READ_ALL
from services.registry.mentors import sessions
from services.registry.mentors.models import MentorSession
from services.registry.mentors.queries import SESSION_ORDERS, find_session, session_scope, sessions_matching
from services.registry.mentors.schemas import MentorSessionOut, RecordSession, SessionFilter, SessionReason
from services.registry.remarks.usecases import latest_remark
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, ENTERPRISE, FOUNDER, MENTOR
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/mentors/sessions", tags=["mentors"], route_class=ServiceRoute)

Reader = Annotated[
    Principal, Depends(require(MENTOR, CENTRE_OPERATOR, ENTERPRISE, FOUNDER, *DIVISION_ROLES, *READ_ALL))
]
Recorder = Annotated[Principal, Depends(require(MENTOR, CENTRE_OPERATOR))]
Advised = Annotated[Principal, Depends(require(ENTERPRISE, FOUNDER))]

_STEP = problem_responses(403, 404, 409, 412)


@router.get("")
async def list_sessions(
    session: Session, principal: Reader, wanted: Annotated[SessionFilter, Query()]
) -> Page[MentorSessionOut]:
    """Sessions that the caller has to do with."""
    query = select(MentorSession).where(session_scope(principal), sessions_matching(wanted))
    order = SESSION_ORDERS[wanted.sort]
    return await paginate(session, query, keys=order, params=wanted, item=MentorSessionOut.model_validate)


@router.get("/{session_id}", responses=problem_responses(404))
async def read_session(session_id: UUID, session: Session, principal: Reader, response: Response) -> MentorSessionOut:
    """One session."""
    answer = _answer(await find_session(session, principal, session_id), response)
    return answer.model_copy(update={"remark": await latest_remark(session, session_id)})


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def record_session(
    body: RecordSession, session: Session, principal: Recorder, runtime: RuntimeDep, response: Response
) -> MentorSessionOut:
    """Record a session, as the mentor or for the centre."""
    held = await sessions.record_session(session, runtime.editions, principal, body)
    response.headers["Location"] = f"/v1/mentors/sessions/{held.id}"
    return _answer(held, response)


@router.post("/{session_id}/confirm", responses=_STEP)
async def confirm_session(
    session_id: UUID, session: Session, principal: Advised, response: Response, if_match: IfMatch = None
) -> MentorSessionOut:
    """Confirm it as those who were advised."""
    return _answer(await sessions.confirm_session(session, principal, session_id, if_match=if_match), response)


@router.post("/{session_id}/contest", responses=_STEP)
async def contest_session(
    session_id: UUID,
    body: SessionReason,
    session: Session,
    principal: Advised,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> MentorSessionOut:
    """Contest it."""
    step = sessions.contest_session
    return _answer(await step(session, runtime.editions, principal, session_id, body, if_match=if_match), response)


@router.post("/{session_id}/withdraw", responses=_STEP)
async def withdraw_session(
    session_id: UUID,
    body: SessionReason,
    session: Session,
    principal: Recorder,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> MentorSessionOut:
    """Take back what was recorded."""
    step = sessions.withdraw_session
    return _answer(await step(session, runtime.editions, principal, session_id, body, if_match=if_match), response)


def _answer(held: MentorSession, response: Response) -> MentorSessionOut:
    set_etag(response, held.version)
    return MentorSessionOut.model_validate(held)
