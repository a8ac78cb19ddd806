"""Where an enterprise or a project was on a date: `/v1/enterprises/{id}/tenancy`, `/v1/projects/{id}/tenancy`."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import or_

from services.registry.access import DIVISION_ROLES, READ_ALL
from services.registry.days import require_begun
from services.registry.enterprises import queries as enterprises
from services.registry.projects import queries as projects
from services.registry.tenancies.models import Tenancy
from services.registry.tenancies.queries import on_day, shown
from services.registry.tenancies.schemas import TenancyOut
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, ENTERPRISE, FOUNDER
from shared.db import Session
from shared.http.etag import set_etag
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.http.schemas import Request

enterprise_router = APIRouter(prefix="/v1/enterprises", tags=["enterprises"], route_class=ServiceRoute)
project_router = APIRouter(prefix="/v1/projects", tags=["projects"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, ENTERPRISE, FOUNDER, *DIVISION_ROLES, *READ_ALL))]


class OnDay(Request):
    """`on` is the caller's day if it is left out."""

    on: date | None = None


@enterprise_router.get("/{enterprise_id}/tenancy", responses=problem_responses(404))
async def read_enterprise_tenancy(
    enterprise_id: UUID, session: Session, principal: Reader, wanted: Annotated[OnDay, Query()], response: Response
) -> TenancyOut:
    """The tenancy that covers the day; 404 where the enterprise was at no centre, 308 for a merged record."""
    require_begun(principal, wanted.on)
    day = wanted.on or principal.today
    scope = enterprises.read_scope(principal)
    await enterprises.find(session, scope, enterprise_id, below=f"/tenancy?on={day}")
    tenancy = await on_day(session, principal, Tenancy.enterprise_id == enterprise_id, day)
    set_etag(response, tenancy.version)
    return shown(tenancy, principal.today)


@project_router.get("/{project_id}/tenancy", responses=problem_responses(404))
async def read_project_tenancy(
    project_id: UUID, session: Session, principal: Reader, wanted: Annotated[OnDay, Query()], response: Response
) -> TenancyOut:
    """The same for a project; it goes on with the stays of the enterprise that it became."""
    require_begun(principal, wanted.on)
    project = await projects.find(session, projects.read_scope(principal), project_id)
    whose = or_(Tenancy.project_id == project_id, Tenancy.enterprise_id == (project.enterprise_id or project_id))
    tenancy = await on_day(session, principal, whose, wanted.on or principal.today)
    set_etag(response, tenancy.version)
    return shown(tenancy, principal.today)
