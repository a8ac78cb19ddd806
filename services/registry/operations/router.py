"""`/v1/operations/registry-{id}` and the whole list of its problems."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query
from sqlalchemy import select

from services.registry.imports.schemas import OperationOut
from services.registry.operations.models import OperationProblem
from services.registry.operations.queries import SERVICE, find_operation, show_operation, shown_by
from shared.auth.principal import Principal, require
from shared.db import Session
from shared.files.problems import ProblemFilter, RowProblem
from shared.http.messages import preferred_language
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.operations.router import operation_routes

Known = Annotated[Principal, Depends(require())]

router = operation_routes(SERVICE, require(), OperationOut, show_operation)
problems_router = APIRouter(
    prefix=f"/v1/operations/{SERVICE}-{{operation_id}}", tags=["operations"], route_class=ServiceRoute
)


@problems_router.get("/problems", responses=problem_responses(404))
async def list_problems(
    operation_id: UUID,
    session: Session,
    principal: Known,
    wanted: Annotated[ProblemFilter, Query()],
    accept_language: Annotated[str | None, Header(max_length=200)] = None,
) -> Page[RowProblem]:
    """What is wrong in the file, row by row; as a table file by the Accept header."""
    operation = await find_operation(session, principal, operation_id)
    query = select(OperationProblem).where(OperationProblem.operation_id == operation_id)
    show = shown_by(operation, preferred_language(accept_language))
    return await paginate(session, query, keys=[OperationProblem.position], params=wanted, item=show)
