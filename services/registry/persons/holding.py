"""Persons to whom something new is about to refer: held until it is written, and never one whose data were erased."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.persons.models import Person
from shared.errors import DomainError


def require_not_erased(person: Person) -> None:
    """409 `person-erased`: what was erased comes back only as somebody new."""
    if person.erased_on is not None:
        raise DomainError("person-erased", 409)


async def hold_person(session: AsyncSession, person_id: UUID) -> Person:
    """The person as it is now, locked: the erasing job passes it over until this transaction ends. Raises 409
    `person-erased`, also where it was erased while this waited for the lock."""
    query = select(Person).where(Person.id == person_id).with_for_update()
    person = (await session.scalars(query.execution_options(populate_existing=True))).one()
    require_not_erased(person)
    return person


async def erased_among(session: AsyncSession, refs: Iterable[str | None]) -> frozenset[str]:
    """Which of the references are of persons whose data were erased; the others are held, and not erased until this
    transaction ends. A reference that the registry does not know is nobody's here."""
    named = sorted({ref for ref in refs if ref})
    if not named:
        return frozenset()
    query = select(Person.ref, Person.erased_on).where(Person.ref.in_(named)).order_by(Person.id)
    return frozenset(row.ref for row in await session.execute(query.with_for_update(read=True)) if row.erased_on)


async def require_none_erased(session: AsyncSession, *refs: str | None) -> None:
    """409 `person-erased` where a reference is of a person whose data were erased."""
    if await erased_among(session, refs):
        raise DomainError("person-erased", 409)
