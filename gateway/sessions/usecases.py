"""Sessions: opened by a sign-in, kept alive by refresh tokens that each count once, ended by their holder or for him.

A session has one live refresh token at any time. One that was used already ends the session, because two hold a copy
and nobody can say which of them is the right one; with one exception, a lost answer. A token that comes again within
ten seconds, from the same network and kind of program, while its successor has not been used, gets a new successor, and
the lost one is void: whoever has *that* one is found out when he uses it. So a thief who repeats a refresh at the right
moment gains at most until the rightful client refreshes next, and never unnoticed.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.models import Account
from gateway.sessions.ending import end_session
from gateway.sessions.lifetimes import Lifetimes
from gateway.sessions.models import AccountSession, RefreshToken
from gateway.sessions.seen import Seen
from shared.clock import business_today, utcnow
from shared.db import Database
from shared.errors import DomainError, not_found
from shared.events import outbox
from shared.events.contracts.gateway import SessionEndState, SessionOpened, SessionReused, SessionState, SessionVerified
from shared.events.outbox import EventContext
from shared.ids import uuid7

PREFIX: Final = "mcr_"
"""Before every refresh token, so that one found in a log or a repository is known for what it is."""
LOST_ANSWER: Final = timedelta(seconds=10)
KEPT: Final = timedelta(days=90)
"""How long a session that is over is still shown to audits, and its used tokens are recognised."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session with the refresh token that only the client keeps, and until when it is good."""

    session_id: UUID
    account_id: UUID
    generation: int
    refresh_token: str
    refresh_until: datetime


def digest_of(token: str) -> bytes:
    """What is kept of a token of 256 random bits: a slow hash would add nothing."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


async def open_session(
    session: AsyncSession,
    account_id: UUID,
    generation: int,
    *,
    seen: Seen,
    second_factor: bool,
    lifetimes: Lifetimes,
) -> Opened:
    """Begin a session of an account that has proved who it is."""
    now = utcnow()
    row = AccountSession(
        id=uuid7(),
        version=0,
        account_id=account_id,
        opened_at=now,
        last_used_at=now,
        expires_at=now + lifetimes.absolute,
        address=seen.network,
        agent=seen.agent,
        second_factor=second_factor,
    )
    session.add(row)
    await session.flush()
    state = SessionState(account_id=account_id, second_factor=second_factor)
    await outbox.append(session, SessionOpened, row, state, context=_by(account_id))
    return _issue(session, row, generation, None, now, lifetimes)


async def refresh(db: Database, token: str, *, seen: Seen, lifetimes: Lifetimes) -> Opened:
    """Exchange a refresh token for the next one. Raises 400 `refresh-refused` (`invalid_grant`) for one that is
    unknown, over, of an ended session or a stopped account, and for one used before, which ends the session.

    An own transaction: the end of the session has to be kept although the answer is a refusal.
    """
    async with db.transaction() as session:
        opened = await _refresh(session, digest_of(token), seen, lifetimes)
    if opened is None:
        raise DomainError("refresh-refused", 400, members={"error": "invalid_grant"})
    return opened


async def _refresh(session: AsyncSession, digest: bytes, seen: Seen, lifetimes: Lifetimes) -> Opened | None:
    session_id = await session.scalar(select(RefreshToken.session_id).where(RefreshToken.digest == digest))
    if session_id is None:
        return None
    row = await session.get(AccountSession, session_id, with_for_update=True)
    presented = await session.get(RefreshToken, digest, populate_existing=True)
    now = utcnow()
    if row is None or presented is None:
        return None
    account = await session.get_one(Account, row.account_id)
    if account.disabled_at is not None or row.revoked_at is not None or row.expires_at <= now:
        return None
    if presented.used_at is None and not presented.void:
        if presented.issued_at + lifetimes.idle <= now:
            return None
        presented.used_at = now
    elif not await _answer_was_lost(session, row, presented, seen, now):
        await _end_reused(session, row)
        return None
    row.last_used_at = now
    await session.flush()
    return _issue(session, row, account.generation, digest, now, lifetimes)


async def _answer_was_lost(
    session: AsyncSession, row: AccountSession, presented: RefreshToken, seen: Seen, now: datetime
) -> bool:
    """Whether the token's successor may be taken for lost; if so it is void from now on."""
    if presented.void or presented.used_at is None or now - presented.used_at > LOST_ANSWER:
        return False
    if (row.address, row.agent) != (seen.network, seen.agent):
        return False
    unused = (
        update(RefreshToken)
        .where(RefreshToken.session_id == row.id, RefreshToken.parent == presented.digest)
        .where(RefreshToken.used_at.is_(None), ~RefreshToken.void)
        .values(void=True)
        .returning(RefreshToken.digest)
    )
    return await session.scalar(unused) is not None


async def _end_reused(session: AsyncSession, row: AccountSession) -> None:
    context = _by(row.account_id)
    state = SessionEndState(account_id=row.account_id, reason="refresh_reused")
    await outbox.append(session, SessionReused, row, state, context=context)
    await end_session(session, row, "refresh_reused", context)


def _issue(
    session: AsyncSession,
    row: AccountSession,
    generation: int,
    parent: bytes | None,
    now: datetime,
    lifetimes: Lifetimes,
) -> Opened:
    token = PREFIX + secrets.token_urlsafe(32)
    session.add(RefreshToken(digest=digest_of(token), session_id=row.id, parent=parent, issued_at=now))
    until = min(row.expires_at, now + lifetimes.idle)
    return Opened(row.id, row.account_id, generation, token, until)


async def end_by_token(session: AsyncSession, token: str) -> None:
    """Sign out whoever has this refresh token (RFC 7009, 2.1); an unknown one is no error."""
    found = await session.scalar(select(RefreshToken.session_id).where(RefreshToken.digest == digest_of(token)))
    if found is not None:
        await sign_out(session, found)


async def sign_out(session: AsyncSession, session_id: UUID) -> None:
    """The holder ends the session; one that is over already stays as it is."""
    row = await session.get(AccountSession, session_id, with_for_update=True)
    if row is not None and row.revoked_at is None:
        await end_session(session, row, "signed_out", _by(row.account_id))


async def end_one(session: AsyncSession, session_id: UUID, account_id: UUID, context: EventContext) -> None:
    """End a session of this account; over already is no error. Raises 404."""
    row = await session.get(AccountSession, session_id, with_for_update=True)
    if row is None or row.account_id != account_id:
        raise not_found("session")
    if row.revoked_at is None:
        own = context.actor == str(account_id)
        await end_session(session, row, "signed_out" if own else "revoked", context)


async def verified(session: AsyncSession, session_id: UUID, context: EventContext) -> None:
    """A second factor was shown in the session, which may act from now on with all its holder's roles."""
    row = await session.get(AccountSession, session_id, with_for_update=True)
    if row is None or row.second_factor:
        return
    row.second_factor = True
    state = SessionState(account_id=row.account_id, second_factor=True)
    await outbox.append(session, SessionVerified, row, state, context=context)


async def forget_old(session: AsyncSession, now: datetime) -> int:
    """Forget a portion of the sessions that have been over for 90 days, with their tokens; returns how many."""
    old = select(AccountSession.id).where(AccountSession.expires_at < now - KEPT).limit(500)
    gone = await session.execute(delete(AccountSession).where(AccountSession.id.in_(old)).returning(AccountSession.id))
    return len(gone.all())


def _by(account_id: UUID) -> EventContext:
    """What somebody does by signing in, before there is a principal."""
    return EventContext(actor=str(account_id), effective_on=business_today(), correlation_id=str(uuid7()))
