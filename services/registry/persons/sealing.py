"""Sealing numbers anew after a key was added, in the background and in small steps."""

from __future__ import annotations

import asyncio
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.persons.models import Person
from services.registry.persons.numbers import keyring_of
from shared.db import Database
from shared.errors import DomainError
from shared.logging import get_logger
from shared.runtime import Runtime
from shared.sealing import KeyMissing, Keyring, Sealed, Unreadable

BATCH: Final = 200
PAUSE_SECONDS: Final = 60.0

log = get_logger(__name__)


async def keep_sealed_anew(runtime: Runtime) -> None:
    """Worker: looks once a minute whether rows are sealed with another key than the current one."""
    while True:
        try:
            count = await seal_anew(runtime.db, keyring_of(runtime))
        except DomainError:
            count = 0
        if count:
            log.info("numbers sealed anew", count=count)
        await asyncio.sleep(PAUSE_SECONDS)


async def seal_anew(db: Database, keys: Keyring) -> int:
    """Seal every number with the current key that is not; returns how many were.

    A row that cannot be opened is left as it is and logged by its id: its key may come back from a backup.
    """
    done, after = 0, None
    while True:
        async with db.transaction() as session:
            rows = await _next(session, keys.current, after)
            done += sum([_seal(person, keys) for person in rows])
        if len(rows) < BATCH:
            return done
        after = rows[-1].id


async def _next(session: AsyncSession, current: str, after: object) -> list[Person]:
    query = select(Person).where(Person.key_id.is_not(None), Person.key_id != current)
    if after is not None:
        query = query.where(Person.id > after)
    locked = query.order_by(Person.id).limit(BATCH).with_for_update()
    return list(await session.scalars(locked))


def _seal(person: Person, keys: Keyring) -> bool:
    if person.sealed_number is None or person.key_id is None:
        return False
    try:
        number = keys.unseal(person.id, Sealed(person.key_id, person.sealed_number))
    except (KeyMissing, Unreadable) as error:
        log.error("number not sealed anew", person_id=str(person.id), reason=type(error).__name__)
        return False
    sealed = keys.seal(person.id, number)
    person.sealed_number, person.key_id = sealed.content, sealed.key_id
    return True
