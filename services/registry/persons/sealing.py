"""Sealing numbers and contacts anew after a key was added, in the background and in small steps."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.persons.models import Person, PersonContact
from services.registry.persons.numbers import keyring_of
from shared.db import Database
from shared.errors import DomainError
from shared.logging import get_logger
from shared.runtime import Runtime
from shared.sealing import KeyMissing, Keyring, Sealed, Unreadable

BATCH: Final = 200
PAUSE_SECONDS: Final = 60.0

S = TypeVar("S", Person, PersonContact)

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
    """Seal every number and contact with the current key that is not; returns how many were.

    A row that cannot be opened is left as it is and logged by its id: its key may come back from a backup.
    """
    return await _all(db, keys, Person) + await _all(db, keys, PersonContact)


async def _all(db: Database, keys: Keyring, kind: type[S]) -> int:
    done, after = 0, None
    while True:
        async with db.transaction() as session:
            rows = await _next(session, kind, keys.current, after)
            done += sum([_seal(row, keys) for row in rows])
        if len(rows) < BATCH:
            return done
        after = rows[-1].id


async def _next(session: AsyncSession, kind: type[S], current: str, after: object) -> Sequence[S]:
    query = select(kind).where(kind.key_id.is_not(None), kind.key_id != current)
    if after is not None:
        query = query.where(kind.id > after)
    locked = query.order_by(kind.id).limit(BATCH).with_for_update()
    return (await session.scalars(locked)).all()


def _seal(row: Person | PersonContact, keys: Keyring) -> bool:
    content = row.sealed_number if isinstance(row, Person) else row.sealed_contact
    if content is None or row.key_id is None:
        return False
    try:
        text = keys.unseal(row.id, Sealed(row.key_id, content))
    except (KeyMissing, Unreadable) as error:
        log.error("not sealed anew", row_id=str(row.id), reason=type(error).__name__)
        return False
    sealed = keys.seal(row.id, text)
    row.key_id = sealed.key_id
    if isinstance(row, Person):
        row.sealed_number = sealed.content
    else:
        row.sealed_contact = sealed.content
    return True
