"""Which persons somebody sees."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.registry.access import APPROVERS, OFFICERS, enterprise_code_of, operator_code_of, self_of
from services.registry.enterprises import queries as enterprises
from services.registry.persons.models import CONFIRMED, Graduation, Person, PersonLink
from services.registry.persons.schemas import LinkFilter, PersonFilter
from services.registry.persons.sight import in_sight
from services.registry.projects.models import Project
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import not_found

HR: Final = (r.HR_OFFICER, r.HR_APPROVER)
BUREAUS: Final = (*OFFICERS, *APPROVERS, *HR)
"""Handle persons: the two bureaus of the centres, and the one of the graduates' loans (3.2-5)."""

REVEALERS: Final = (*HR, r.SCIENCE_APPROVER)
"""May read a whole number, for a reason that is kept."""


def read_scope(principal: Principal) -> ColumnElement[bool]:
    """Oneself; the persons behind one's own enterprise, and behind those that an operator registered or hosts, as far
    as they were named by then. What a party merely claims opens nothing: a number would otherwise be enough to read
    whose it is."""
    if principal.has(*BUREAUS, r.AUDITOR):
        return true()
    scopes: list[ColumnElement[bool]] = [false()]
    if (own := self_of(principal)) is not None:
        scopes.append(Person.ref == own)
    if enterprise_code_of(principal) is not None or operator_code_of(principal) is not None:
        link = aliased(PersonLink)
        scopes.append(exists().where(link.person_id == Person.id, link.status == CONFIRMED, in_sight(principal, link)))
    return or_(*scopes)


def matching(wanted: PersonFilter) -> ColumnElement[bool]:
    """The list's filters."""
    conditions: list[ColumnElement[bool]] = [true()]
    if wanted.person_ref is not None:
        conditions.append(Person.ref == wanted.person_ref)
    if wanted.name:
        conditions.append(Person.name.icontains(wanted.name, autoescape=True))
    return and_(*conditions)


def links_matching(wanted: LinkFilter) -> ColumnElement[bool]:
    """The filters of an enterprise's or project's persons."""
    conditions: list[ColumnElement[bool]] = [true()]
    if wanted.capacity is not None:
        conditions.append(PersonLink.capacity == wanted.capacity)
    if wanted.on is not None:
        conditions.append(_covers(wanted.on))
    return and_(*conditions)


def behind_enterprise(enterprise_id: UUID) -> ColumnElement[bool]:
    """Links of an enterprise, of records merged into it and of the projects that became it."""
    records = enterprises.family(enterprise_id)
    teams = select(Project.id).where(Project.enterprise_id.in_(records))
    return or_(PersonLink.enterprise_id.in_(records), PersonLink.project_id.in_(teams))


async def find(session: AsyncSession, principal: Principal, person_id: UUID, *, lock: bool = False) -> Person:
    """One person of the caller's scope. Raises 404."""
    query = select(Person).where(Person.id == person_id, read_scope(principal))
    person: Person | None = await session.scalar(query.with_for_update(of=Person) if lock else query)
    if person is None:
        raise not_found("person")
    return person


async def sees(session: AsyncSession, principal: Principal, person: Person) -> bool:
    """Whether the person is in the caller's scope."""
    query = select(Person.id).where(Person.id == person.id, read_scope(principal))
    return await session.scalar(query) is not None


async def is_graduate(session: AsyncSession, person_id: UUID) -> bool:
    """Whether a graduation of the person was confirmed (3.2-5)."""
    confirmed = exists().where(Graduation.person_id == person_id, Graduation.confirmed_on.is_not(None))
    return bool(await session.scalar(select(confirmed)))


def _covers(day: date) -> ColumnElement[bool]:
    return and_(PersonLink.since <= day, or_(PersonLink.until.is_(None), PersonLink.until >= day))
