"""`/v1/training-sessions/{id}/enrol` and `/v1/training-enrolments`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import READ_ALL
from services.registry.persons.numbers import MaybeKeys
from services.registry.persons.showing import NotReplayed
from services.registry.steps import CaseStep
from services.registry.trainings.enrolments import usecases
from services.registry.trainings.enrolments.queries import ORDERS, matching, shown
from services.registry.trainings.enrolments.schemas import CancelEnrolment, Enrol, EnrolmentFilter, EnrolmentOut
from services.registry.trainings.models import Enrolment
from services.registry.trainings.scopes import LEADS, PARTIES, find_enrolment
from shared.auth.principal import Principal, require
from shared.auth.roles import MENTOR
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

session_router = APIRouter(prefix="/v1/training-sessions", tags=["trainings"], route_class=ServiceRoute)
router = APIRouter(prefix="/v1/training-enrolments", tags=["trainings"], route_class=ServiceRoute)

Party = Annotated[Principal, Depends(require(*PARTIES))]
Enroller = Annotated[Principal, Depends(require(*PARTIES, *LEADS))]
Reader = Annotated[Principal, Depends(require(*PARTIES, MENTOR, *READ_ALL))]

_STEP = problem_responses(404, 409, 412)


@session_router.post("/{session_id}/enrol", status_code=201, responses=problem_responses(404, 409, 429, 503))
async def enrol(
    session_id: UUID,
    session: Session,
    principal: Enroller,
    runtime: RuntimeDep,
    keys: MaybeKeys,
    _: NotReplayed,
    response: Response,
    body: Annotated[Enrol, Body(default_factory=Enrol)],
) -> EnrolmentOut:
    """Enrol oneself, one of the enterprise's people, one of the centre's staff, or as an officer anybody."""
    enrolment = await usecases.enrol(session, runtime, keys, principal, session_id, body)
    response.headers["Location"] = f"/v1/training-enrolments/{enrolment.id}"
    return await _answer(session, principal, enrolment, response)


@router.get("")
async def list_enrolments(
    session: Session, principal: Reader, wanted: Annotated[EnrolmentFilter, Query()]
) -> Page[EnrolmentOut]:
    """One's own; the people of the sessions that one runs; for the bureaus all."""
    query = select(Enrolment).where(matching(principal, wanted))
    page = await paginate(session, query, keys=ORDERS[wanted.sort], params=wanted, item=lambda found: found)
    return Page(items=await shown(session, principal, page.items), next=page.next)


@router.get("/{enrolment_id}", responses=problem_responses(404))
async def read_enrolment(enrolment_id: UUID, session: Session, principal: Reader, response: Response) -> EnrolmentOut:
    """One enrolment."""
    return await _answer(session, principal, await find_enrolment(session, principal, enrolment_id), response)


@router.post("/{enrolment_id}/cancel", responses=_STEP)
async def cancel_enrolment(
    enrolment_id: UUID,
    body: CancelEnrolment,
    session: Session,
    principal: Enroller,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> EnrolmentOut:
    """Give the place or the turn up."""
    step = CaseStep(reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    enrolment = await usecases.cancel_enrolment(session, runtime, principal, enrolment_id, step)
    return await _answer(session, principal, enrolment, response)


@router.post("/{enrolment_id}/acknowledge", responses=_STEP)
async def acknowledge(
    enrolment_id: UUID, session: Session, principal: Party, response: Response, if_match: IfMatch = None
) -> EnrolmentOut:
    """Take note of a promotion, another place or hour, or a cancellation."""
    enrolment = await usecases.acknowledge(session, principal, enrolment_id, if_match)
    return await _answer(session, principal, enrolment, response)


async def _answer(
    session: AsyncSession, principal: Principal, enrolment: Enrolment, response: Response
) -> EnrolmentOut:
    set_etag(response, enrolment.version)
    return (await shown(session, principal, [enrolment]))[0]
