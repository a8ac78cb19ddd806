"""Which tenancies somebody sees and may move."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import READ_ALL, enterprise_code_of, person_of
from services.registry.centres import queries as centres
from services.registry.centres.models import Centre
from services.registry.enterprises.models import Enterprise
from services.registry.qualifications.models import Qualification
from services.registry.tenancies.models import Tenancy
from services.registry.tenancies.schemas import TenancyFilter
from shared.auth.principal import Principal
from shared.errors import not_found


def read_scope(principal: Principal) -> ColumnElement[bool]:
    """Tenancies at centres whose case the caller reads, and those of its own enterprise."""
    if principal.has(*READ_ALL):
        return true()
    scopes: list[ColumnElement[bool]] = [Tenancy.centre_id.in_(select(Centre.id).where(centres.read_scope(principal)))]
    own = select(Enterprise.id)
    if (code := enterprise_code_of(principal)) is not None:
        scopes.append(Tenancy.enterprise_id.in_(own.where(Enterprise.code == code)))
    if (person := person_of(principal)) is not None:
        scopes.append(Tenancy.enterprise_id.in_(own.where(Enterprise.legal_representative_ref == person)))
    return or_(*scopes)


def write_scope(principal: Principal) -> ColumnElement[bool]:
    """Tenancies at centres whose case the caller may move."""
    return Tenancy.centre_id.in_(select(Centre.id).where(centres.write_scope(principal)))


def matching(wanted: TenancyFilter) -> ColumnElement[bool]:
    """The list's filters."""
    conditions: list[ColumnElement[bool]] = [true()]
    if wanted.centre_id is not None:
        conditions.append(Tenancy.centre_id == wanted.centre_id)
    if wanted.enterprise_id is not None:
        conditions.append(Tenancy.enterprise_id == wanted.enterprise_id)
    if wanted.status is not None:
        conditions.append(Tenancy.status == wanted.status)
    if wanted.on is not None:
        conditions.append(stays_on(wanted.on))
    if wanted.relocation_due is not None:
        due = and_(Tenancy.relocation_case_id.is_not(None), Tenancy.ended_on.is_(None))
        conditions.append(due if wanted.relocation_due else ~due)
    return and_(*conditions)


def stays_on(day: date) -> ColumnElement[bool]:
    """Whether the tenancy covers the day; the first and the last day count."""
    return and_(Tenancy.admitted_on <= day, or_(Tenancy.ended_on.is_(None), Tenancy.ended_on >= day))


async def find(session: AsyncSession, principal: Principal, tenancy_id: UUID) -> Tenancy:
    """One tenancy as the caller sees it. Raises 404."""
    tenancy = await session.scalar(select(Tenancy).where(Tenancy.id == tenancy_id, read_scope(principal)))
    if tenancy is None:
        raise not_found("tenancy")
    return tenancy


async def lock_for_change(session: AsyncSession, principal: Principal, tenancy_id: UUID) -> Tenancy:
    """The tenancy, locked. Raises 404 for one at somebody else's centre."""
    query = select(Tenancy).where(Tenancy.id == tenancy_id, write_scope(principal)).with_for_update(of=Tenancy)
    tenancy = await session.scalar(query)
    if tenancy is None:
        raise not_found("tenancy")
    return tenancy


async def overlapping(session: AsyncSession, enterprise_id: UUID, admitted_on: date) -> Tenancy | None:
    """A tenancy of the enterprise that a new one from that day on would overlap."""
    query = (
        select(Tenancy)
        .where(
            Tenancy.enterprise_id == enterprise_id,
            or_(Tenancy.ended_on.is_(None), Tenancy.ended_on >= admitted_on),
        )
        .order_by(Tenancy.admitted_on)
        .limit(1)
    )
    tenancy: Tenancy | None = await session.scalar(query)
    return tenancy


async def relocated_since(session: AsyncSession, enterprise_id: UUID) -> date | None:
    """The day on which the enterprise entered the centre that was delisted under it, once it has left; else None."""
    query = (
        select(Tenancy.admitted_on)
        .where(
            Tenancy.enterprise_id == enterprise_id,
            Tenancy.relocation_case_id.is_not(None),
            Tenancy.status == "exited",
        )
        .order_by(Tenancy.admitted_on)
        .limit(1)
    )
    entered_on: date | None = await session.scalar(query)
    return entered_on


async def carries_technology(session: AsyncSession, centre_id: UUID, kinds: tuple[str, ...]) -> bool:
    """Whether the centre holds one of the titles that make it a carrier of technology enterprises."""
    held = exists().where(
        Qualification.centre_id == centre_id, Qualification.kind.in_(kinds), Qualification.status == "active"
    )
    return bool(await session.scalar(select(held)))
