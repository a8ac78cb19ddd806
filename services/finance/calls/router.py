"""/v1/grants/calls: the calls for a fiscal year's grants."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from services.finance.calls import queries, usecases
from services.finance.calls.schemas import GrantCallFilter, GrantCallIn, GrantCallOut, GrantCallRefusal
from services.finance.grants.schemas import StepRequest
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute, Session
from shared.runtime import RuntimeDep

Anyone = Annotated[Principal, Depends(require(r.PUBLIC))]
Officer = Annotated[Principal, Depends(require(r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER))]
Approver = Annotated[Principal, Depends(require(r.SCIENCE_APPROVER, r.INDUSTRY_APPROVER))]

router = APIRouter(prefix="/v1/grants/calls", tags=["grants"], route_class=ServiceRoute)

STEP = problem_responses(403, 404, 409, 412)


@router.post("", status_code=201, responses=problem_responses(409))
async def draft_call(
    session: Session, runtime: RuntimeDep, caller: Officer, sent: GrantCallIn, response: Response
) -> GrantCallOut:
    """An officer drafts the call of a fiscal year."""
    call = await usecases.draft_call(session, sent, principal=caller, editions=runtime.editions)
    set_etag(response, call.version)
    response.headers["Location"] = f"/v1/grants/calls/{call.id}"
    return queries.shown(caller, call)


@router.get("")
async def list_calls(
    session: Session, caller: Anyone, wanted: Annotated[GrantCallFilter, Query()]
) -> Page[GrantCallOut]:
    """Published calls, and drafts for the bureaus; newest first."""
    return await queries.list_calls(session, wanted, principal=caller)


@router.get("/{call_id}", responses=problem_responses(404))
async def read_call(session: Session, caller: Anyone, call_id: UUID, response: Response) -> GrantCallOut:
    """One call."""
    call = await queries.find_call(session, call_id, principal=caller)
    set_etag(response, call.version)
    return queries.shown(caller, call)


@router.post("/{call_id}/publish", responses=STEP)
async def publish_call(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    call_id: UUID,
    response: Response,
    sent: Annotated[StepRequest, Body()] = StepRequest(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> GrantCallOut:
    """Somebody who did not draft it approves: from now on the call's window binds."""
    call = await usecases.publish_call(
        session, call_id, sent, principal=caller, editions=runtime.editions, if_match=if_match
    )
    set_etag(response, call.version)
    return queries.shown(caller, call)


@router.post("/{call_id}/refuse", responses=STEP)
async def refuse_call(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    call_id: UUID,
    sent: GrantCallRefusal,
    response: Response,
    if_match: IfMatch = None,
) -> GrantCallOut:
    """Somebody who did not draft it refuses, with a reason."""
    call = await usecases.refuse_call(
        session, call_id, sent, principal=caller, editions=runtime.editions, if_match=if_match
    )
    set_etag(response, call.version)
    return queries.shown(caller, call)
