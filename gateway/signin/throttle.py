"""Slowing down who guesses: failures count per user name *and* address, so that no guesser locks the owner out."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Final

from sqlalchemy import case, delete, func, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.signin.models import SignInFailure, SignInPressure
from shared.db import InstantColumn

FREE_FAILURES: Final = 5
"""From this many failures on the next attempt waits: 1 s, and twice as long after each further one."""
MAX_DELAY: Final = timedelta(minutes=15)
FORGOTTEN_AFTER: Final = timedelta(hours=24)
UNKNOWN_ADDRESS: Final = "-"

WINDOW: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """From so many failures within the hour on, from wherever, unknown addresses get one attempt each `pause`."""

    failures: int
    pause: timedelta


PASSWORDS: Final = Ceiling(50, timedelta(seconds=5))
CODES: Final = Ceiling(10, timedelta(seconds=60))
"""Six digits: at one attempt a minute a guesser needs years for an even chance."""


def source_of(host: str | None) -> str:
    """The address an attempt is counted under; of IPv6 the /64, which one subscriber has to himself."""
    try:
        address = ip_address(host or "")
    except ValueError:
        return UNKNOWN_ADDRESS
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return f"{IPv6Address(int(address) >> 64 << 64)}/64"
    return str(address)


def digest(username: str) -> bytes:
    """What is kept of a user name that may not even be one."""
    return hashlib.sha256(username.encode("utf-8", "surrogatepass")).digest()


async def begin_attempt(session: AsyncSession, username: str, source: str, now: datetime) -> int:
    """Count an attempt as failed until it succeeds; returns the whole seconds it still has to wait, or 0.

    Counting first, in one statement, leaves parallel attempts no gap. One that has to wait is neither tried nor
    counted.
    """
    table = SignInFailure
    failures = table.failures + 1
    seconds = func.least(MAX_DELAY.total_seconds(), func.power(2.0, func.least(failures - FREE_FAILURES, 20)))
    delayed = literal(now, InstantColumn) + seconds * literal(timedelta(seconds=1))
    counted = (
        insert(table)
        .values(username_digest=digest(username), address=source, failures=1, last_failed_at=now, blocked_until=now)
        .on_conflict_do_update(
            index_elements=[table.username_digest, table.address],
            set_={
                "failures": failures,
                "last_failed_at": now,
                "blocked_until": case((failures < FREE_FAILURES, now), else_=delayed),
            },
            where=or_(table.failures < FREE_FAILURES, table.blocked_until <= now),
        )
        .returning(table.failures)
    )
    if (await session.execute(counted)).scalar_one_or_none() is None:
        row = await session.get(table, (digest(username), source))
        return max(1, math.ceil((row.blocked_until - now).total_seconds())) if row is not None else 1
    await _forget_old(session, now)
    return 0


async def begin_from_unknown(session: AsyncSession, username: str, ceiling: Ceiling, now: datetime) -> int:
    """Count an attempt from an address that never signed in there; returns the whole seconds it has to wait, or 0.

    Many addresses at one name are slowed down together. Who comes from an address that signed in there before is not
    counted and not slowed down: this holds up guessers, never the owner at his desk.
    """
    table = SignInPressure
    over = table.since < now - WINDOW
    failures = case((over, 1), else_=table.failures + 1)
    counted = (
        insert(table)
        .values(username_digest=digest(username), failures=1, since=now, next_at=now)
        .on_conflict_do_update(
            index_elements=[table.username_digest],
            set_={
                "failures": failures,
                "since": case((over, now), else_=table.since),
                "next_at": case((failures < ceiling.failures, now), else_=now + ceiling.pause),
            },
            where=or_(table.failures < ceiling.failures, table.next_at <= now),
        )
        .returning(table.failures)
    )
    if (await session.execute(counted)).scalar_one_or_none() is not None:
        return 0
    row = await session.get(table, digest(username), populate_existing=True)
    return max(1, math.ceil((row.next_at - now).total_seconds())) if row is not None else 1


async def succeed_from_unknown(session: AsyncSession, username: str) -> None:
    """The attempt was right and does not count; those of others still do."""
    table = SignInPressure
    fewer = func.greatest(table.failures - 1, 0)
    right = update(table).where(table.username_digest == digest(username)).values(failures=fewer)
    await session.execute(right.execution_options(synchronize_session=False))


async def succeed(session: AsyncSession, username: str, source: str) -> None:
    """The attempt was right: the count starts anew, for this address only."""
    await session.execute(
        delete(SignInFailure).where(SignInFailure.username_digest == digest(username), SignInFailure.address == source)
    )


async def _forget_old(session: AsyncSession, now: datetime) -> None:
    key = tuple_(SignInFailure.username_digest, SignInFailure.address)
    old = (
        select(SignInFailure.username_digest, SignInFailure.address)
        .where(SignInFailure.last_failed_at < now - FORGOTTEN_AFTER)
        .limit(20)
        .with_for_update(skip_locked=True)
    )
    await session.execute(delete(SignInFailure).where(key.in_(old)).execution_options(synchronize_session=False))
    calm = (
        select(SignInPressure.username_digest)
        .where(SignInPressure.since < now - FORGOTTEN_AFTER)
        .limit(20)
        .with_for_update(skip_locked=True)
    )
    gone = delete(SignInPressure).where(SignInPressure.username_digest.in_(calm))
    await session.execute(gone.execution_options(synchronize_session=False))
