"""Which projects somebody sees and may change."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS, READ_ALL, division_of, enterprise_code_of, operator_code_of, person_of
from services.registry.centres.models import Centre
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import known_by
from services.registry.names.queries import name_matches, name_order
from services.registry.projects.models import Project
from services.registry.projects.schemas import ProjectFilter
from services.registry.tenancies.models import Tenancy
from shared.auth.principal import Principal
from shared.errors import forbidden, not_found
from shared.http.paging import both_ways

ORDERS: Final = both_ways(
    {
        "opened": (Project.id,),
        "name": (name_order(Project), Project.id),
        "started": (Project.started_on, Project.id),
    }
)
"""`opened` is the order of entry."""


def read_scope(principal: Principal) -> ColumnElement[bool]:
    """Its founder's, the enterprise's that it became, its division's, and those that an operator entered or hosted."""
    if principal.has(*READ_ALL):
        return true()
    scopes: list[ColumnElement[bool]] = [false()]
    if (person := person_of(principal)) is not None:
        scopes.append(Project.founder_ref == person)
    if (code := enterprise_code_of(principal)) is not None:
        scopes.append(Project.enterprise_id.in_(select(Enterprise.id).where(known_by(code))))
    if (division := division_of(principal)) is not None:
        scopes.append(Project.division == division)
    if (operator := operator_code_of(principal)) is not None:
        scopes += [Project.created_by_org == operator, _hosted_by(operator)]
    return or_(*scopes)


def write_scope(principal: Principal) -> ColumnElement[bool]:
    """Its founder; its present host, or the operator that entered it as long as nobody hosted it; officers all."""
    if principal.has(*OFFICERS):
        return true()
    scopes: list[ColumnElement[bool]] = [false()]
    if (person := person_of(principal)) is not None:
        scopes.append(Project.founder_ref == person)
    if (operator := operator_code_of(principal)) is not None:
        hosted = exists().where(Tenancy.project_id == Project.id)
        scopes.append(and_(Project.created_by_org == operator, ~hosted))
        scopes.append(_hosted_by(operator, Tenancy.ended_on.is_(None)))
    return or_(*scopes)


def matching(wanted: ProjectFilter) -> ColumnElement[bool]:
    """The list's filters."""
    exact = {Project.no: wanted.no, Project.status: wanted.status, Project.division: wanted.division}
    conditions = [column == value for column, value in exact.items() if value is not None]
    if wanted.name:
        conditions.append(Project.name.icontains(wanted.name, autoescape=True))
    if wanted.q is not None:
        conditions.append(name_matches(Project, wanted.q))
    if wanted.hosted is not None:
        hosted = exists().where(Tenancy.project_id == Project.id, Tenancy.ended_on.is_(None))
        conditions.append(hosted if wanted.hosted else ~hosted)
    return and_(true(), *conditions)


async def find(session: AsyncSession, scope: ColumnElement[bool], project_id: UUID) -> Project:
    """One project of the scope. Raises 404."""
    project = await session.scalar(select(Project).where(Project.id == project_id, scope))
    if project is None:
        raise not_found("project")
    return project


async def lock_for_change(session: AsyncSession, principal: Principal, project_id: UUID) -> Project:
    """The project, locked. Raises 404 for one the caller does not see, 403 for one it may not change."""
    await find(session, read_scope(principal), project_id)
    project = await session.get_one(Project, project_id, with_for_update=True, populate_existing=True)
    own = select(Project.id).where(Project.id == project_id, write_scope(principal))
    if await session.scalar(own) is None:
        raise forbidden()
    return project


def _hosted_by(operator_code: str, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    own = select(Centre.id).where(Centre.operator_code == operator_code)
    return exists().where(Tenancy.project_id == Project.id, Tenancy.centre_id.in_(own), *conditions)
