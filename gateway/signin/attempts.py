"""One attempt to prove something: counted as failed before it is tried, and slowed down where there were many."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.sessions.models import AccountSession
from gateway.sessions.seen import network_of
from gateway.signin import throttle
from gateway.signin.throttle import Ceiling
from shared.clock import utcnow
from shared.db import Database
from shared.errors import DomainError

KNOWN_FOR: Final = timedelta(days=60)


class Attempt:
    """`await Attempt.begin(...)`, then what is to be tried, then `await attempt.succeed()` if it was right."""

    def __init__(self, db: Database, name: str, source: str, *, known: bool) -> None:
        self._db = db
        self._name = name
        self._source = source
        self._known = known

    @classmethod
    async def begin(
        cls, db: Database, name: str, address: str | None, account_id: UUID | None, ceiling: Ceiling
    ) -> Attempt:
        """Raises 429 `too-many-attempts` with the seconds to wait."""
        source = throttle.source_of(address)
        now = utcnow()
        async with db.transaction() as session:
            wait = await throttle.begin_attempt(session, name, source, now)
            known = account_id is not None and await _signed_in_from(session, account_id, address)
            if not wait and not known:
                wait = await throttle.begin_from_unknown(session, name, ceiling, now)
        if wait:
            raise DomainError("too-many-attempts", 429, params={"seconds": wait}, headers={"Retry-After": str(wait)})
        return cls(db, name, source, known=known)

    async def succeed(self) -> None:
        """It was right: the count starts anew, for this address only."""
        async with self._db.transaction() as session:
            await throttle.succeed(session, self._name, self._source)
            if not self._known:
                await throttle.succeed_from_unknown(session, self._name)


async def _signed_in_from(session: AsyncSession, account_id: UUID, address: str | None) -> bool:
    row = AccountSession
    before = exists().where(
        row.account_id == account_id, row.address == network_of(address), row.opened_at > utcnow() - KNOWN_FOR
    )
    return await session.scalar(select(before)) is True
