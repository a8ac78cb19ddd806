"""A limit to guessing: naming a person tells whether name and number fit, so wrong tries are counted, by account and
day.

The count is committed apart from the request, which is rolled back; what was sent is kept nowhere.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import case, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.persons.models import WrongTries
from services.registry.persons.queries import BUREAUS
from services.registry.settings import RegistrySettings
from shared.auth.principal import Principal
from shared.clock import BUSINESS_ZONE, business_today
from shared.errors import DomainError
from shared.logging import get_logger
from shared.runtime import Runtime

NOT_MATCHED: Final = "person-not-matched"
_ALONE: Final = text("SELECT pg_try_advisory_xact_lock(hashtextextended('person-tries:' || :account, 0))")

log = get_logger(__name__)


@asynccontextmanager
async def limited(runtime: Runtime, session: AsyncSession, principal: Principal) -> AsyncIterator[None]:
    """Around naming a person. Bureaus handle persons and are not limited.

    Raises 429 `person-tries-exhausted` until the next day after too many wrong tries, and `person-try-running` while
    another request of the account is being looked at: many at once would be a way around the limit.
    """
    if principal.has(*BUREAUS):
        yield
        return
    if not await session.scalar(_ALONE, {"account": principal.account_id}):
        raise DomainError("person-try-running", 429, headers={"Retry-After": "1"})
    today = business_today()
    mine = select(WrongTries.tries).where(WrongTries.account_id == principal.account_id, WrongTries.day == today)
    limit = _limit(runtime)
    if (await session.scalar(mine) or 0) >= limit:
        log.warning("person-tries-exhausted")
        seconds = _seconds_left()
        headers = {"Retry-After": str(seconds)}
        raise DomainError("person-tries-exhausted", 429, params={"limit": limit}, headers=headers)
    try:
        yield
    except DomainError as error:
        if error.code == NOT_MATCHED:
            async with runtime.db.transaction() as own:
                tries = await _count(own, principal.account_id, today)
            log.warning("person-not-matched", tries=tries, limit=limit)
        raise


async def _count(session: AsyncSession, account_id: str, today: date) -> int:
    """One wrong try more; a new day begins at one. One row an account, so that nothing piles up."""
    first = insert(WrongTries).values(account_id=account_id, day=today, tries=1)
    again = case((WrongTries.day == today, WrongTries.tries + 1), else_=1)
    counted = first.on_conflict_do_update(index_elements=["account_id"], set_={"day": today, "tries": again})
    return (await session.scalars(counted.returning(WrongTries.tries))).one()


def _limit(runtime: Runtime) -> int:
    settings = runtime.settings
    fields = RegistrySettings.model_fields
    own = settings.person_wrong_tries_a_day if isinstance(settings, RegistrySettings) else None
    return own if own is not None else int(fields["person_wrong_tries_a_day"].default)


def _seconds_left() -> int:
    """Until the business day is over."""
    now = datetime.now(BUSINESS_ZONE)
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), BUSINESS_ZONE)
    return max(1, int((midnight - now).total_seconds()))
