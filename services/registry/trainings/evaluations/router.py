"""`/v1/training-sessions/{id}/evaluate` and `…/results`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from services.registry.access import READ_ALL
from services.registry.persons.showing import NotReplayed
from services.registry.trainings.evaluations import usecases
from services.registry.trainings.evaluations.schemas import Evaluate, EvaluatedOut, TrainingResultsOut
from services.registry.trainings.scopes import PARTIES, TRAINERS
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR
from shared.db import Session
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/training-sessions", tags=["trainings"], route_class=ServiceRoute)

Attendee = Annotated[Principal, Depends(require(*PARTIES))]
Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *TRAINERS, *READ_ALL))]


@router.post("/{session_id}/evaluate", responses=problem_responses(404, 409))
async def evaluate(
    session_id: UUID, body: Evaluate, session: Session, principal: Attendee, runtime: RuntimeDep, _: NotReplayed
) -> EvaluatedOut:
    """Say what one thought of it, once."""
    answers = await usecases.evaluate(session, runtime.editions, principal, session_id, body)
    return EvaluatedOut(session_id=session_id, answers=answers)


@router.get("/{session_id}/results", responses=problem_responses(404))
async def read_results(
    session_id: UUID, session: Session, principal: Reader, runtime: RuntimeDep
) -> TrainingResultsOut:
    """What they thought of it, as soon as nobody can be told from it."""
    return await usecases.results(session, runtime.editions, principal, session_id)
