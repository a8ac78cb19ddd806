"""Who is admitted: an enterprise by its code or id, or a project without a code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.enterprises.models import Enterprise
from services.registry.projects import queries as projects
from services.registry.projects.models import Project
from services.registry.tenancies.models import Tenancy
from services.registry.tenancies.schemas import AdmitEnterprise
from shared.auth.principal import Principal
from shared.errors import invalid_transition, not_found


@dataclass(frozen=True, slots=True)
class Incubatee:
    """What an admission rests on; `stays` are the tenancies it had so far."""

    enterprise_id: UUID | None
    project_id: UUID | None
    registered_on: date | None
    industry_code: str
    stays: ColumnElement[bool]


async def incubatee_of(session: AsyncSession, principal: Principal, sent: AdmitEnterprise) -> Incubatee:
    """The enterprise or project that was named, locked so that it lasts. Raises 404, and 409 `invalid-transition` for a
    project that has registered or was given up."""
    if sent.project_id is not None:
        return await _project(session, principal, sent.project_id)
    wanted = Enterprise.id == sent.enterprise_id
    if sent.enterprise_code is not None:
        wanted = Enterprise.code == sent.enterprise_code
    enterprise = await _locked(session, wanted)
    if enterprise is not None and enterprise.merged_into_id is not None:
        enterprise = await _locked(session, Enterprise.id == enterprise.merged_into_id)
    if enterprise is None:
        raise not_found("enterprise")
    return Incubatee(
        enterprise_id=enterprise.id,
        project_id=None,
        registered_on=enterprise.registered_on,
        industry_code=enterprise.industry_code,
        stays=Tenancy.enterprise_id == enterprise.id,
    )


async def _locked(session: AsyncSession, wanted: ColumnElement[bool]) -> Enterprise | None:
    """Whoever holds an enterprise's code or id may admit it: both come from its own papers."""
    query = select(Enterprise).where(wanted).with_for_update(read=True)
    enterprise: Enterprise | None = await session.scalar(query, execution_options={"populate_existing": True})
    return enterprise


async def _project(session: AsyncSession, principal: Principal, project_id: UUID) -> Incubatee:
    visible = select(Project.id).where(Project.id == project_id, projects.read_scope(principal))
    if await session.scalar(visible) is None:
        raise not_found("project")
    project = await session.get_one(Project, project_id, with_for_update={"read": True}, populate_existing=True)
    if project.status != "open":
        raise invalid_transition(project.status, ("open",))
    return Incubatee(
        enterprise_id=None,
        project_id=project.id,
        registered_on=None,
        industry_code=project.industry_code,
        stays=or_(Tenancy.project_id == project.id, Tenancy.enterprise_id == project.id),
    )
