"""`/v1/expert-assignments` and the draws of a year: who marks what, blind (2.3-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.evaluation.access import BureauReader, Officer
from services.evaluation.cycles.queries import find_cycle
from services.evaluation.experts import drawing, marking
from services.evaluation.experts.models import ExpertAssignment
from services.evaluation.experts.queries import assignments_for, draws_of, find_assignment, shown_assignment
from services.evaluation.experts.router import ExpertCaller, PoolReader
from services.evaluation.experts.schemas import (
    AssignedMark,
    AssignmentFilter,
    AssignmentOut,
    DrawList,
    DrawOut,
    NewAssignment,
    NewDraw,
    Recusal,
    Release,
)
from shared.auth.principal import Principal
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/expert-assignments", tags=["experts"], route_class=ServiceRoute)
draws = APIRouter(prefix="/v1/evaluation-cycles/{cycle_id}/draws", tags=["experts"], route_class=ServiceRoute)

_STEP = problem_responses(404, 409, 412)


async def _answer(session: Session, principal: Principal, found: ExpertAssignment, response: Response) -> AssignmentOut:
    await session.flush()
    set_etag(response, found.version)
    return shown_assignment(principal, await find_assignment(session, principal, found.id))


@draws.post("", status_code=201, responses=_STEP)
async def draw(
    cycle_id: UUID,
    sent: NewDraw,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    if_match: IfMatch = None,
) -> DrawOut:
    """Draw experts for everything that nobody marks yet, evenly and free of conflict."""
    made = await drawing.draw_for_cycle(session, principal, runtime.editions, cycle_id, sent.seed, if_match)
    return DrawOut.model_validate(made)


@draws.get("", responses=problem_responses(404))
async def list_draws(cycle_id: UUID, session: Session, _: BureauReader) -> DrawList:
    """Every draw of the year with its seed."""
    cycle = await find_cycle(session, cycle_id)
    return DrawList(items=await draws_of(session, cycle.id))


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def assign(
    sent: NewAssignment, session: Session, principal: Officer, runtime: RuntimeDep, response: Response
) -> AssignmentOut:
    """Choose an expert by hand."""
    made = await drawing.assign_by_hand(session, principal, runtime.editions, sent)
    response.headers["Location"] = f"/v1/expert-assignments/{made.id}"
    return await _answer(session, principal, made, response)


@router.get("")
async def list_assignments(
    session: Session, principal: PoolReader, wanted: Annotated[AssignmentFilter, Query()]
) -> Page[AssignmentOut]:
    """Tasks of a year; for an expert one's own."""
    return await paginate(
        session,
        assignments_for(principal, wanted),
        keys=[ExpertAssignment.id],
        params=wanted,
        item=lambda row: shown_assignment(principal, row),
    )


@router.get("/{assignment_id}", responses=problem_responses(404))
async def read_assignment(
    assignment_id: UUID, session: Session, principal: PoolReader, response: Response
) -> AssignmentOut:
    """One task."""
    return await _answer(session, principal, (await find_assignment(session, principal, assignment_id))[0], response)


@router.post("/{assignment_id}/mark", responses=_STEP)
async def mark(
    assignment_id: UUID,
    sent: AssignedMark,
    session: Session,
    principal: ExpertCaller,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> AssignmentOut:
    """Mark what one was assigned."""
    done = await marking.mark(session, principal, runtime.editions, assignment_id, sent, if_match)
    return await _answer(session, principal, done, response)


@router.post("/{assignment_id}/recuse", responses=_STEP)
async def recuse(
    assignment_id: UUID,
    sent: Recusal,
    session: Session,
    principal: ExpertCaller,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> AssignmentOut:
    """Stand aside (回避)."""
    done = await marking.recuse(session, principal, runtime.editions, assignment_id, sent.reason, if_match)
    return await _answer(session, principal, done, response)


@router.post("/{assignment_id}/release", responses=_STEP)
async def release(
    assignment_id: UUID,
    sent: Release,
    session: Session,
    principal: Officer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> AssignmentOut:
    """Take a task back from an expert who has not marked."""
    done = await marking.release(session, principal, runtime.editions, assignment_id, sent.reason, if_match)
    return await _answer(session, principal, done, response)
