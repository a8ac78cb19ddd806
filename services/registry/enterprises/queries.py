"""Which enterprises somebody sees and may change."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import (
    OFFICERS,
    READ_ALL,
    division_of,
    enterprise_code_of,
    operator_code_of,
    person_of,
)
from services.registry.centres.models import Centre
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.schemas import EnterpriseFilter
from services.registry.tenancies.models import Tenancy
from shared.auth.principal import Principal
from shared.errors import not_found


def read_scope(principal: Principal) -> ColumnElement[bool]:
    """Its own, those of its division, and for an operator those it registered or ever had as tenants."""
    if principal.has(*READ_ALL):
        return true()
    scopes: list[ColumnElement[bool]] = [false()]
    if (code := enterprise_code_of(principal)) is not None:
        scopes.append(Enterprise.code == code)
    if (person := person_of(principal)) is not None:
        scopes.append(Enterprise.legal_representative_ref == person)
    if (division := division_of(principal)) is not None:
        scopes.append(Enterprise.division == division)
    if (operator := operator_code_of(principal)) is not None:
        scopes += [Enterprise.registered_by_org == operator, _tenant_of(operator)]
    return or_(*scopes)


def write_scope(principal: Principal) -> ColumnElement[bool]:
    """Itself; its present operator, or the one that registered it as long as nobody admitted it; officers all."""
    if principal.has(*OFFICERS):
        return true()
    scopes: list[ColumnElement[bool]] = [false()]
    if (code := enterprise_code_of(principal)) is not None:
        scopes.append(Enterprise.code == code)
    if (operator := operator_code_of(principal)) is not None:
        admitted = exists().where(Tenancy.enterprise_id == Enterprise.id)
        scopes.append(and_(Enterprise.registered_by_org == operator, ~admitted))
        scopes.append(_tenant_of(operator, Tenancy.ended_on.is_(None)))
    return or_(*scopes)


def matching(wanted: EnterpriseFilter) -> ColumnElement[bool]:
    """The list's filters."""
    conditions: list[ColumnElement[bool]] = [true()]
    if wanted.code is not None:
        conditions.append(Enterprise.code == wanted.code.upper())
    if wanted.division is not None:
        conditions.append(Enterprise.division == wanted.division)
    if wanted.name:
        conditions.append(Enterprise.name.icontains(wanted.name, autoescape=True))
    return and_(*conditions)


async def find(session: AsyncSession, scope: ColumnElement[bool], enterprise_id: UUID) -> Enterprise:
    """One enterprise of the scope. Raises 404."""
    enterprise = await session.scalar(select(Enterprise).where(Enterprise.id == enterprise_id, scope))
    if enterprise is None:
        raise not_found("enterprise")
    return enterprise


def _tenant_of(operator_code: str, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the enterprise is, or under no further conditions ever was, at a centre of that operator."""
    own = select(Centre.id).where(Centre.operator_code == operator_code)
    return exists().where(Tenancy.enterprise_id == Enterprise.id, Tenancy.centre_id.in_(own), *conditions)
