"""`/v1/operations/<service>-{id}`: progress of long work, once or as a stream of server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from time import monotonic
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response, StreamingResponse

from shared.auth.principal import Guard, Principal
from shared.db import Session
from shared.http.messages import Language, preferred_language
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.operations.schemas import OperationState
from shared.runtime import Runtime, RuntimeDep

EVENT_STREAM: Final = "text/event-stream"
STEP_SECONDS: Final = 0.25
QUIET_SECONDS: Final = 15.0
"""A sign of life when nothing changes: proxies close a connection that stays silent."""

State = OperationState[Any]
Show = Callable[[AsyncSession, Principal, UUID, Language], Awaitable[State]]
"""The operation as it stands, for somebody who may see it; raises 404."""

_Language = Annotated[str | None, Header(max_length=200)]
_Accept = Annotated[str, Header(max_length=200)]


def operation_routes(service: str, guard: Guard, model: type[State], show: Show) -> APIRouter:
    """The routes of the service's operations; `model` is what `show` returns."""
    router = APIRouter(prefix="/v1/operations", tags=["operations"], route_class=ServiceRoute)

    @router.get(
        f"/{service}-{{operation_id}}",
        response_model=model,
        responses={**problem_responses(404), 200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}}}}},
    )
    async def read_operation(
        operation_id: UUID,
        session: Session,
        runtime: RuntimeDep,
        principal: Principal = Depends(guard),
        accept: _Accept = "application/json",
        accept_language: _Language = None,
    ) -> State | Response:
        """An operation's progress; with `Accept: text/event-stream` every change until it is over."""
        language = preferred_language(accept_language)
        shown = await show(session, principal, operation_id, language)
        if EVENT_STREAM not in accept:
            return shown

        async def ask(own: AsyncSession) -> State:
            return await show(own, principal, operation_id, language)

        return StreamingResponse(_changes(runtime, ask), media_type=EVENT_STREAM, headers={"Cache-Control": "no-store"})

    return router


async def _changes(runtime: Runtime, ask: Callable[[AsyncSession], Awaitable[State]]) -> AsyncIterator[str]:
    """One event for each change, from transactions of their own; ends with the operation."""
    seen, said = "", monotonic()
    while True:
        async with runtime.db.transaction() as session:
            shown = await ask(session)
        if (text := shown.model_dump_json()) != seen:
            seen, said = text, monotonic()
            yield f"event: progress\ndata: {text}\n\n"
        elif monotonic() - said > QUIET_SECONDS:
            said = monotonic()
            yield ": still running\n\n"
        if shown.status != "running":
            return
        await asyncio.sleep(STEP_SECONDS)
