"""`GET /v1/tasks`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.tasks.gathering import Gatherer
from gateway.tasks.schemas import GatheredTasks
from shared.auth.principal import Principal, require
from shared.http.route import ServiceRoute
from shared.tasks import PATH, TaskQuery

router = APIRouter(prefix=PATH, tags=["tasks"], route_class=ServiceRoute)

SignedIn = Annotated[Principal, Depends(require())]


@router.get("")
async def list_tasks(
    request: Request, response: Response, caller: SignedIn, wanted: Annotated[TaskQuery, Query()]
) -> GatheredTasks:
    """What waits for the caller in all services: returns to correct, reports due, notices over, approvals, terms."""
    gatherer: Gatherer = request.app.state.gatherer
    response.headers["Cache-Control"] = "no-store"
    return await gatherer.gather(caller, wanted)
