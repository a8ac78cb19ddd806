"""Which mentors may follow up a choice."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.mentors.models import Mentor
from services.registry.mentors.queries import appointed_on
from services.registry.persons.models import Person
from shared.errors import not_found


async def appointed_mentor(session: AsyncSession, mentor_ref: str, day: date) -> UUID:
    """The person of a mentor whose appointment runs on the day. Raises 404."""
    query = (
        select(Mentor.person_id)
        .join(Person, Person.id == Mentor.person_id)
        .where(Person.ref == mentor_ref, appointed_on(Mentor.id, day))
    )
    person_id: UUID | None = await session.scalar(query)
    if person_id is None:
        raise not_found("mentor")
    return person_id
