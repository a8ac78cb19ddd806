"""`/v1/objections`: objections against preliminary results (2.3-4)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import Row

from services.evaluation.access import Officer, SomebodyKnown
from services.evaluation.objections import usecases
from services.evaluation.objections.models import Objection
from services.evaluation.objections.queries import find_objection, objections_for, shown_objection, statement_of
from services.evaluation.objections.schemas import NewObjection, ObjectionAnswer, ObjectionFilter, ObjectionOut, ReMark
from shared.auth.principal import Principal
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/objections", tags=["objections"], route_class=ServiceRoute)


async def _answer(objection: Objection, session: Session, principal: Principal, response: Response) -> ObjectionOut:
    set_etag(response, objection.version)
    return shown_objection(principal, objection, await statement_of(session, objection.id))


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def object_to_result(
    sent: NewObjection, session: Session, principal: SomebodyKnown, runtime: RuntimeDep, response: Response
) -> ObjectionOut:
    """Object to a preliminary result: the centre itself, anybody else who signs, or an officer for what came on
    paper."""
    objection = await usecases.object_to_result(session, principal, runtime.editions, sent)
    response.headers["Location"] = f"/v1/objections/{objection.id}"
    return await _answer(objection, session, principal, response)


@router.get("")
async def list_objections(
    session: Session, principal: SomebodyKnown, wanted: Annotated[ObjectionFilter, Query()]
) -> Page[ObjectionOut]:
    """Objections of the caller's scope, and the caller's own; newest first."""

    def item(row: Row[Objection, str | None]) -> ObjectionOut:
        return shown_objection(principal, row[0], row[1])

    return await paginate(
        session, objections_for(principal, wanted), keys=[Objection.id.desc()], params=wanted, item=item
    )


@router.get("/{objection_id}", responses=problem_responses(404))
async def read_objection(
    objection_id: UUID, session: Session, principal: SomebodyKnown, response: Response
) -> ObjectionOut:
    """One objection."""
    return await _answer(await find_objection(session, principal, objection_id), session, principal, response)


@router.post("/{objection_id}/answer", responses=problem_responses(404, 409, 412))
async def answer_objection(
    objection_id: UUID,
    sent: ObjectionAnswer,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ObjectionOut:
    """Answer a signed objection, and have the centre scored again if need be."""
    objection = await usecases.answer_objection(session, principal, runtime.editions, objection_id, sent, if_match)
    return await _answer(objection, session, principal, response)


@router.post("/{objection_id}/re-mark", responses=problem_responses(404, 409, 412))
async def order_re_mark(
    objection_id: UUID,
    sent: ReMark,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ObjectionOut:
    """Have other experts mark an indicator anew after an upheld objection."""
    objection = await usecases.order_re_mark(
        session, principal, runtime.editions, objection_id, sent.indicator, if_match
    )
    return await _answer(objection, session, principal, response)
