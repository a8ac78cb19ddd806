"""`/v1/training-sessions`: sessions of the courses."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.steps import CaseStep
from services.registry.trainings.models import TrainingSession
from services.registry.trainings.scopes import LEADS, find_session
from services.registry.trainings.sessions import usecases
from services.registry.trainings.sessions.queries import ORDERS, matching, shown
from services.registry.trainings.sessions.schemas import (
    AmendTraining,
    CancelTraining,
    CompleteTraining,
    PlanTraining,
    TrainingSessionFilter,
    TrainingSessionOut,
)
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, PUBLIC
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/training-sessions", tags=["trainings"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
Keeper = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *LEADS))]

_STEP = problem_responses(404, 409, 412)


@router.get("")
async def list_sessions(
    session: Session, _: Anyone, wanted: Annotated[TrainingSessionFilter, Query()]
) -> Page[TrainingSessionOut]:
    """Sessions with the places left."""
    query = select(TrainingSession).where(matching(wanted))
    page = await paginate(session, query, keys=ORDERS[wanted.sort], params=wanted, item=lambda found: found)
    return Page(items=await shown(session, page.items), next=page.next)


@router.get("/{session_id}", responses=problem_responses(404))
async def read_session(session_id: UUID, session: Session, _: Anyone, response: Response) -> TrainingSessionOut:
    """One session."""
    return await _answer(session, await find_session(session, session_id), response)


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def plan_session(
    body: PlanTraining, session: Session, principal: Keeper, response: Response
) -> TrainingSessionOut:
    """Plan a session of a published course."""
    training = await usecases.plan_session(session, principal, body)
    response.headers["Location"] = f"/v1/training-sessions/{training.id}"
    return await _answer(session, training, response)


@router.patch("/{session_id}", responses=problem_responses(404, 409, 412, 428))
async def amend_session(
    session_id: UUID,
    body: AmendTraining,
    session: Session,
    principal: Keeper,
    response: Response,
    if_match: IfMatch = None,
) -> TrainingSessionOut:
    """Change place, hours, places or trainer."""
    training = await usecases.amend_session(session, principal, session_id, body, if_match=if_match)
    return await _answer(session, training, response)


@router.post("/{session_id}/cancel", responses=_STEP)
async def cancel_session(
    session_id: UUID,
    body: CancelTraining,
    session: Session,
    principal: Keeper,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> TrainingSessionOut:
    """Do not hold it, and tell everybody enrolled."""
    step = CaseStep(on=body.cancelled_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    training = await usecases.cancel_session(session, runtime.editions, principal, session_id, step)
    return await _answer(session, training, response)


@router.post("/{session_id}/complete", responses=_STEP)
async def complete_session(
    session_id: UUID,
    session: Session,
    principal: Keeper,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[CompleteTraining, Body(default_factory=CompleteTraining)],
    if_match: IfMatch = None,
) -> TrainingSessionOut:
    """After the last meeting: reckon who attended."""
    step = CaseStep(on=body.completed_on, if_match=if_match)
    training = await usecases.complete_session(session, runtime.editions, principal, session_id, step)
    return await _answer(session, training, response)


async def _answer(session: AsyncSession, training: TrainingSession, response: Response) -> TrainingSessionOut:
    set_etag(response, training.version)
    return (await shown(session, [training]))[0]
