"""`/v1/operations/evaluation-{id}`: progress of long work, once or as a stream of server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Header
from starlette.responses import Response, StreamingResponse

from services.evaluation.access import BureauReader
from services.evaluation.operations.queries import show_operation
from services.evaluation.operations.schemas import OperationOut
from shared.db import Session
from shared.http.messages import Language, preferred_language
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import Runtime, RuntimeDep

router = APIRouter(prefix="/v1/operations", tags=["operations"], route_class=ServiceRoute)

EVENT_STREAM: Final = "text/event-stream"
STEP_SECONDS: Final = 0.25
_Language = Annotated[str | None, Header(max_length=200)]
_Accept = Annotated[str, Header(max_length=200)]


@router.get("/evaluation-{operation_id}", response_model=OperationOut, responses=problem_responses(404))
async def read_operation(
    operation_id: UUID,
    session: Session,
    _: BureauReader,
    runtime: RuntimeDep,
    accept: _Accept = "application/json",
    accept_language: _Language = None,
) -> OperationOut | Response:
    """An operation's progress; with `Accept: text/event-stream` every change until it is done."""
    language = preferred_language(accept_language)
    shown = await show_operation(session, operation_id, language)
    if EVENT_STREAM in accept:
        return StreamingResponse(_changes(runtime, operation_id, language), media_type=EVENT_STREAM)
    return shown


async def _changes(runtime: Runtime, operation_id: UUID, language: Language) -> AsyncIterator[str]:
    """One event for each change, from transactions of their own; ends with the operation."""
    seen = ""
    while True:
        async with runtime.db.transaction() as session:
            shown = await show_operation(session, operation_id, language)
        if (text := shown.model_dump_json()) != seen:
            seen = text
            yield f"event: progress\ndata: {text}\n\n"
        if shown.status != "running":
            return
        await asyncio.sleep(STEP_SECONDS)
