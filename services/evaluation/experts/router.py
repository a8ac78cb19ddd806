"""`/v1/experts`: the pool of those who mark (2.3-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.evaluation.access import OFFICERS, READ_ALL, Officer
from services.evaluation.experts import pool
from services.evaluation.experts.models import Expert
from services.evaluation.experts.queries import experts_for, find_expert, show_expert
from services.evaluation.experts.schemas import (
    ConflictEnd,
    ExpertEnd,
    ExpertFilter,
    ExpertOut,
    NewConflict,
    NewExpert,
)
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/experts", tags=["experts"], route_class=ServiceRoute)

ExpertCaller = Annotated[Principal, Depends(require(r.EXPERT))]
ExpertOrOfficer = Annotated[Principal, Depends(require(r.EXPERT, *OFFICERS))]
PoolReader = Annotated[Principal, Depends(require(r.EXPERT, *READ_ALL))]

_STEP = problem_responses(403, 404, 409, 412)


async def _answer(session: Session, expert: Expert, response: Response) -> ExpertOut:
    await session.flush()
    set_etag(response, expert.version)
    return await show_expert(session, expert)


@router.post("", status_code=201, responses=problem_responses(409))
async def apply(
    sent: NewExpert, session: Session, principal: ExpertCaller, runtime: RuntimeDep, response: Response
) -> ExpertOut:
    """Ask to be taken into the pool, with one's conflicts of interest."""
    expert = await pool.apply(session, principal, runtime.editions, sent)
    response.headers["Location"] = f"/v1/experts/{expert.id}"
    return await _answer(session, expert, response)


@router.get("")
async def list_experts(
    session: Session, principal: PoolReader, wanted: Annotated[ExpertFilter, Query()]
) -> Page[ExpertOut]:
    """The pool; for an expert oneself alone."""
    found = await paginate(
        session, experts_for(principal, wanted), keys=[Expert.id], params=wanted, item=lambda expert: expert
    )
    return Page(items=[await show_expert(session, expert) for expert in found.items], next=found.next)


@router.get("/{expert_id}", responses=problem_responses(404))
async def read_expert(expert_id: UUID, session: Session, principal: PoolReader, response: Response) -> ExpertOut:
    """One expert."""
    return await _answer(session, await find_expert(session, principal, expert_id), response)


@router.post("/{expert_id}/appoint", responses=_STEP)
async def appoint(
    expert_id: UUID,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ExpertOut:
    """Take somebody into the pool."""
    return await _answer(
        session, await pool.appoint(session, principal, runtime.editions, expert_id, if_match), response
    )


@router.post("/{expert_id}/end", responses=_STEP)
async def end(
    expert_id: UUID,
    sent: ExpertEnd,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ExpertOut:
    """Turn an application down, or let an expert go."""
    expert = await pool.end(session, principal, runtime.editions, expert_id, sent.reason, if_match)
    return await _answer(session, expert, response)


@router.post("/{expert_id}/conflicts", status_code=201, responses=_STEP)
async def declare_conflict(
    expert_id: UUID,
    sent: NewConflict,
    session: Session,
    principal: ExpertOrOfficer,
    runtime: RuntimeDep,
    response: Response,
) -> ExpertOut:
    """Put a conflict of interest on record; it holds at once."""
    expert = await pool.declare_conflict(session, principal, runtime.editions, expert_id, sent)
    return await _answer(session, expert, response)


@router.post("/{expert_id}/conflicts/{conflict_id}/end", responses=_STEP)
async def end_conflict(
    expert_id: UUID,
    conflict_id: UUID,
    sent: ConflictEnd,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
) -> ExpertOut:
    """An officer who did not declare it finds that a conflict is over."""
    expert = await pool.end_conflict(session, principal, runtime.editions, expert_id, conflict_id, sent.reason)
    return await _answer(session, expert, response)
