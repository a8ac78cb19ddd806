"""`/v1/activity-winners`, and the results of an activity for everybody."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import DIVISION_ROLES, READ_ALL
from services.registry.activities.models import Activity
from services.registry.activities.queries import AUTHORS
from services.registry.activities.rules import TOOK_PLACE
from services.registry.activities.winners import usecases
from services.registry.activities.winners.models import ActivityWinner
from services.registry.activities.winners.queries import (
    ORDERS,
    find,
    matching,
    named,
    read_scope,
    result,
    results_of,
    shown,
    whole,
)
from services.registry.activities.winners.schemas import (
    CorrectWinner,
    EndWinner,
    EnterWinner,
    FollowUpWinner,
    ResultFilter,
    ResultOut,
    WinnerFilter,
    WinnerOut,
)
from services.registry.persons.numbers import MaybeKeys
from services.registry.persons.showing import NotReplayed
from services.registry.remarks.usecases import latest_remark
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, ENTERPRISE, PUBLIC
from shared.db import Session
from shared.errors import not_found
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/activity-winners", tags=["activity-winners"], route_class=ServiceRoute)
results_router = APIRouter(prefix="/v1/activities", tags=["activities"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, ENTERPRISE, *DIVISION_ROLES, *READ_ALL))]
Keeper = Annotated[Principal, Depends(require(*AUTHORS))]

_STEP = problem_responses(404, 409, 412)


@results_router.get("/{activity_id}/results", responses=problem_responses(404))
async def list_results(
    activity_id: UUID, session: Session, principal: Anyone, wanted: Annotated[ResultFilter, Query()]
) -> Page[ResultOut]:
    """Who won what at an activity of the public calendar, by rank."""
    public = select(Activity.id).where(
        Activity.id == activity_id, Activity.on_calendar, Activity.status.in_(TOOK_PLACE)
    )
    if await session.scalar(public) is None:
        raise not_found("activity")
    query = results_of(activity_id, principal.today)
    return await paginate(session, query, keys=ORDERS["rank"], params=wanted, item=result)


@router.get("")
async def list_winners(
    session: Session, principal: Reader, wanted: Annotated[WinnerFilter, Query()]
) -> Page[WinnerOut]:
    """Winners of activities whose records the caller reads; `due=true` those to be followed up by now."""
    query = named(principal.today).where(read_scope(principal), matching(wanted, principal.today))
    return await paginate(session, query, keys=ORDERS[wanted.sort], params=wanted, item=shown)


@router.get("/{winner_id}", responses=problem_responses(404))
async def read_winner(winner_id: UUID, session: Session, principal: Reader, response: Response) -> WinnerOut:
    """One winner with what was found since."""
    winner = await find(session, principal, winner_id)
    answer = await _answer(session, principal, winner, response)
    return answer.model_copy(update={"remark": await latest_remark(session, winner_id)})


@router.post("", status_code=201, responses=problem_responses(404, 409, 429, 503))
async def enter_winner(
    body: EnterWinner,
    session: Session,
    principal: Keeper,
    runtime: RuntimeDep,
    keys: MaybeKeys,
    _: NotReplayed,
    response: Response,
) -> WinnerOut:
    """Enter a result."""
    winner = await usecases.enter_winner(session, runtime, keys, principal, body)
    response.headers["Location"] = f"/v1/activity-winners/{winner.id}"
    return await _answer(session, principal, winner, response)


@router.patch("/{winner_id}", responses=problem_responses(404, 409, 412, 428))
async def correct_winner(
    winner_id: UUID,
    body: CorrectWinner,
    session: Session,
    principal: Keeper,
    response: Response,
    if_match: IfMatch = None,
) -> WinnerOut:
    """Correct it."""
    winner = await usecases.correct_winner(session, principal, winner_id, body, if_match=if_match)
    return await _answer(session, principal, winner, response)


@router.post("/{winner_id}/follow-up", responses=_STEP)
async def follow_up_winner(
    winner_id: UUID,
    body: FollowUpWinner,
    session: Session,
    principal: Keeper,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> WinnerOut:
    """Enter what became of it."""
    winner = await usecases.follow_up_winner(session, runtime.editions, principal, winner_id, body, if_match=if_match)
    return await _answer(session, principal, winner, response)


@router.post("/{winner_id}/give-up", responses=_STEP)
async def give_up(
    winner_id: UUID,
    body: EndWinner,
    session: Session,
    principal: Keeper,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> WinnerOut:
    """The project was given up."""
    winner = await usecases.give_up(session, runtime.editions, principal, winner_id, body, if_match=if_match)
    return await _answer(session, principal, winner, response)


@router.post("/{winner_id}/remove", responses=_STEP)
async def remove_winner(
    winner_id: UUID,
    body: EndWinner,
    session: Session,
    principal: Keeper,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> WinnerOut:
    """It was entered by mistake, or the award was taken away."""
    winner = await usecases.remove_winner(session, runtime.editions, principal, winner_id, body, if_match=if_match)
    return await _answer(session, principal, winner, response)


async def _answer(session: AsyncSession, principal: Principal, winner: ActivityWinner, response: Response) -> WinnerOut:
    set_etag(response, winner.version)
    return await whole(session, winner, principal.today)
