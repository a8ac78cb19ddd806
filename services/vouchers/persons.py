"""Persons as vouchers knows them: references of legal representatives, and whose data the registry erased."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.projections import known_person
from shared.errors import DomainError
from shared.events.consumer import Received
from shared.events.contracts import registry as rc


async def know_erased(session: AsyncSession, events: Sequence[Received[rc.PersonErasedState]]) -> None:
    """Keep whose data are gone. Waits for whoever is just naming the person."""
    erased = {event.data.ref: event.data.erased_on for event in events}
    rows = [{"ref": ref, "erased_on": day} for ref, day in sorted(erased.items())]
    statement = insert(known_person).values(rows)
    replaced = {"erased_on": statement.excluded.erased_on}
    await session.execute(statement.on_conflict_do_update(index_elements=[known_person.c.ref], set_=replaced))


async def require_not_erased(session: AsyncSession, ref: str | None) -> None:
    """Nothing new refers to a person whose data the registry erased: 409 `person-erased`. The row, made where there is
    none, is held until the transaction ends: what is told of an erasure meanwhile waits for it."""
    if ref is None:
        return
    named = insert(known_person).values(ref=ref).on_conflict_do_nothing(index_elements=[known_person.c.ref])
    await session.execute(named)
    held = select(known_person.c.erased_on).where(known_person.c.ref == ref).with_for_update(read=True)
    erased_on = await session.scalar(held)
    if erased_on is not None:
        raise DomainError("person-erased", 409, params={"person_ref": ref, "erased_on": erased_on})
