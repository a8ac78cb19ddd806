"""`GET /v1/tasks`."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.accounts.tasks import SOURCES as ACCOUNTS
from gateway.keys.tasks import SOURCES as KEYS
from gateway.tasks.gathering import Gatherer
from gateway.tasks.schemas import GatheredTasks
from gateway.webhooks.tasks import SOURCES as WEBHOOKS
from shared.auth.principal import Principal, require
from shared.db import Session
from shared.http.problems import Problems
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep
from shared.tasks import PATH, Asked, TaskQuery, gather

router = APIRouter(prefix=PATH, tags=["tasks"], route_class=ServiceRoute)

SignedIn = Annotated[Principal, Depends(require())]

SOURCES: Final = (*ACCOUNTS, *KEYS, *WEBHOOKS)
"""What may wait for people at the gateway itself."""


@router.get("")
async def list_tasks(
    request: Request,
    response: Response,
    session: Session,
    runtime: RuntimeDep,
    caller: SignedIn,
    wanted: Annotated[TaskQuery, Query()],
) -> GatheredTasks:
    """What waits for the caller in all services: returns to correct, reports due, notices over, approvals, terms."""
    gatherer: Gatherer = request.app.state.gatherer
    response.headers["Cache-Control"] = "no-store"
    problems: Problems = request.app.state.problems
    asked = Asked(session, caller, runtime.editions, wanted.limit + 1)
    own = await gather(SOURCES, problems.messages, asked, frozenset(wanted.kind))
    return await gatherer.gather(caller, wanted, own)
