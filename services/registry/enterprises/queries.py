"""Which enterprises somebody sees and may change."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

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
from services.registry.enterprises.particulars.models import TechnologyFlagRow
from services.registry.enterprises.schemas import EnterpriseFilter
from services.registry.names.queries import name_matches, name_order
from services.registry.tenancies.models import Tenancy
from shared.auth.principal import Principal
from shared.errors import DomainError, forbidden, not_found
from shared.http.paging import both_ways

ORDERS: Final = both_ways(
    {
        "registered": (Enterprise.id,),
        "name": (name_order(Enterprise), Enterprise.id),
        "code": (Enterprise.code,),
        "licensed": (Enterprise.registered_on, Enterprise.id),
    }
)
"""`registered` is the order of entry, `licensed` that of the days on the licences."""


def read_scope(principal: Principal) -> ColumnElement[bool]:
    """Its own, those of its division, and for an operator those it registered or ever had as tenants."""
    if principal.has(*READ_ALL):
        return true()
    scopes: list[ColumnElement[bool]] = [false()]
    if (code := enterprise_code_of(principal)) is not None:
        scopes.append(known_by(code))
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
        scopes.append(known_by(code))
    if (operator := operator_code_of(principal)) is not None:
        admitted = exists().where(Tenancy.enterprise_id == Enterprise.id)
        scopes.append(and_(Enterprise.registered_by_org == operator, ~admitted))
        scopes.append(_tenant_of(operator, Tenancy.ended_on.is_(None)))
    return or_(*scopes)


def matching(wanted: EnterpriseFilter, today: date) -> ColumnElement[bool]:
    """The list's filters; merged records are not listed, the one that goes on is."""
    conditions: list[ColumnElement[bool]] = [Enterprise.merged_into_id.is_(None)]
    if wanted.code is not None:
        conditions.append(known_by(wanted.code.upper()))
    if wanted.division is not None:
        conditions.append(Enterprise.division == wanted.division)
    if wanted.name:
        conditions.append(Enterprise.name.icontains(wanted.name, autoescape=True))
    if wanted.q is not None:
        conditions.append(name_matches(Enterprise, wanted.q))
    if wanted.size_class is not None:
        conditions.append(Enterprise.size_class == wanted.size_class)
    if wanted.address_in_city is not None:
        conditions.append(Enterprise.address_in_city.is_(wanted.address_in_city))
    if wanted.permits_outstanding is not None:
        outstanding = func.cardinality(Enterprise.permits_outstanding) > 0
        conditions.append(outstanding if wanted.permits_outstanding else ~outstanding)
    if wanted.technology is not None:
        conditions.append(_recognised(wanted.technology, today))
    return and_(*conditions)


def _recognised(kind: str, day: date) -> ColumnElement[bool]:
    """Whether the enterprise, or a record merged into it, holds a certificate of the kind that is valid on the day."""
    flag, holder = TechnologyFlagRow, aliased(Enterprise)
    return exists().where(
        flag.enterprise_id == holder.id,
        or_(holder.id == Enterprise.id, holder.merged_into_id == Enterprise.id),
        flag.kind == kind,
        flag.issued_on <= day,
        flag.valid_through >= day,
        or_(flag.withdrawn_on.is_(None), flag.withdrawn_on > day),
    )


async def find(
    session: AsyncSession, scope: ColumnElement[bool], enterprise_id: UUID, *, below: str = ""
) -> Enterprise:
    """One enterprise of the scope. Raises 404, and 308 for one that was merged: `below` is what the address asked for
    has after the id, and the answer points to the same of the record that goes on."""
    enterprise = await find_record(session, scope, enterprise_id)
    if enterprise.merged_into_id is not None:
        raise merged_into(enterprise.merged_into_id, below)
    return enterprise


async def find_record(session: AsyncSession, scope: ColumnElement[bool], enterprise_id: UUID) -> Enterprise:
    """One record, also one that was merged: whoever sees the one that goes on reads what was before. Raises 404."""
    enterprise = await session.scalar(select(Enterprise).where(Enterprise.id == enterprise_id))
    if enterprise is None:
        raise not_found("enterprise")
    going_on = enterprise.merged_into_id or enterprise.id
    visible = select(Enterprise.id).where(Enterprise.id.in_({going_on, enterprise.id}), scope)
    if not (await session.scalars(visible)).all():
        raise not_found("enterprise")
    return enterprise


async def lock_for_change(
    session: AsyncSession, principal: Principal, enterprise_id: UUID, *, below: str = ""
) -> Enterprise:
    """The enterprise, locked. Raises 404 for one the caller does not see, 403 for one it may not change, 308 for one
    that was merged."""
    await find(session, read_scope(principal), enterprise_id, below=below)
    enterprise = await session.get_one(Enterprise, enterprise_id, with_for_update=True, populate_existing=True)
    if enterprise.merged_into_id is not None:
        raise merged_into(enterprise.merged_into_id, below)
    own = select(Enterprise.id).where(Enterprise.id == enterprise_id, write_scope(principal))
    if await session.scalar(own) is None:
        raise forbidden()
    return enterprise


def merged_into(survivor_id: UUID, below: str = "") -> DomainError:
    """308: the record was merged, another goes on (2.2-1)."""
    location = f"/v1/enterprises/{survivor_id}{below}"
    return DomainError(
        "enterprise-merged", 308, params={"id": survivor_id}, clauses=["2.2-1"], headers={"Location": location}
    )


def family(enterprise_id: UUID) -> Select[UUID]:
    """The ids of an enterprise and of all records that were merged into it: together they are its history."""
    return select(Enterprise.id).where(or_(Enterprise.id == enterprise_id, Enterprise.merged_into_id == enterprise_id))


def record_of(enterprise_id: UUID) -> Select[UUID]:
    """The id of the record that goes on: the enterprise's own, or that of the one it was merged into."""
    return select(func.coalesce(Enterprise.merged_into_id, Enterprise.id)).where(Enterprise.id == enterprise_id)


def known_by(code: str) -> ColumnElement[bool]:
    """The record of a code, and the one it was merged into: whoever signs in with the old code is the same firm."""
    merged = aliased(Enterprise)
    return or_(Enterprise.code == code, Enterprise.id.in_(select(merged.merged_into_id).where(merged.code == code)))


def _tenant_of(operator_code: str, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the enterprise is, or under no further conditions ever was, at a centre of that operator."""
    own = select(Centre.id).where(Centre.operator_code == operator_code)
    return exists().where(Tenancy.enterprise_id == Enterprise.id, Tenancy.centre_id.in_(own), *conditions)
