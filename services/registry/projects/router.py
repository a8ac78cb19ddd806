"""`/v1/projects`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import select

from services.registry.access import DIVISION_ROLES, OFFICERS, READ_ALL
from services.registry.projects import usecases
from services.registry.projects.models import Project
from services.registry.projects.queries import ORDERS, find, matching, read_scope
from services.registry.projects.schemas import (
    AmendProject,
    CloseProject,
    OpenProject,
    ProjectFilter,
    ProjectOut,
    RegisterProject,
)
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, ENTERPRISE, FOUNDER
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/projects", tags=["projects"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, ENTERPRISE, FOUNDER, *DIVISION_ROLES, *READ_ALL))]
Keeper = Annotated[Principal, Depends(require(CENTRE_OPERATOR, FOUNDER, *OFFICERS))]

_STEP = problem_responses(404, 409, 412)


@router.get("")
async def list_projects(
    session: Session, principal: Reader, wanted: Annotated[ProjectFilter, Query()]
) -> Page[ProjectOut]:
    """Projects and teams that the caller has to do with."""
    query = select(Project).where(read_scope(principal), matching(wanted))
    return await paginate(session, query, keys=ORDERS[wanted.sort], params=wanted, item=ProjectOut.model_validate)


@router.get("/{project_id}", responses=problem_responses(404))
async def read_project(project_id: UUID, session: Session, principal: Reader, response: Response) -> ProjectOut:
    """One project."""
    return _answer(await find(session, read_scope(principal), project_id), response)


@router.post("", status_code=201)
async def open_project(
    body: OpenProject, session: Session, principal: Keeper, runtime: RuntimeDep, response: Response
) -> ProjectOut:
    """Enter a project or team that has no code yet."""
    project = await usecases.open_project(session, runtime.editions, principal, body)
    response.headers["Location"] = f"/v1/projects/{project.id}"
    return _answer(project, response)


@router.patch("/{project_id}", responses=problem_responses(403, 404, 409, 412, 428))
async def amend_project(
    project_id: UUID,
    body: AmendProject,
    session: Session,
    principal: Keeper,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ProjectOut:
    """Change particulars."""
    project = await usecases.amend_project(session, runtime.editions, principal, project_id, body, if_match=if_match)
    return _answer(project, response)


@router.post("/{project_id}/register", responses=_STEP)
async def register_project(
    project_id: UUID,
    body: RegisterProject,
    session: Session,
    principal: Keeper,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ProjectOut:
    """Go on as an enterprise with a code, history included."""
    project = await usecases.register_project(session, runtime.editions, principal, project_id, body, if_match=if_match)
    return _answer(project, response)


@router.post("/{project_id}/close", responses=_STEP)
async def close_project(
    project_id: UUID,
    body: CloseProject,
    session: Session,
    principal: Keeper,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ProjectOut:
    """The project was given up."""
    project = await usecases.close_project(session, runtime.editions, principal, project_id, body, if_match=if_match)
    return _answer(project, response)


def _answer(project: Project, response: Response) -> ProjectOut:
    set_etag(response, project.version)
    return ProjectOut.model_validate(project)
