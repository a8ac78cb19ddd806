"""A forgotten password: two people let its holder choose another one, and neither of them can sign in by it.

One asks, a security administrator who is somebody else confirms and hands the token over. The second factor stays as it
is, so that the token alone opens no account that has one; and the holder notices, because all his sessions end.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts import requests
from gateway.accounts.models import Account
from gateway.accounts.usecases import change_password, locked, other_account
from gateway.breached.lists import BreachList
from gateway.password_resets.models import PasswordReset
from gateway.sessions.usecases import digest_of
from shared.clock import business_today, utcnow
from shared.errors import DomainError, invalid_transition
from shared.events.outbox import EventContext

PREFIX: Final = "mcp_"
"""Before every token, so that one found in a log or a repository is known for what it is."""
GOOD_FOR: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Issued:
    """The token for the account's holder, which nobody can read again, and until when it is good."""

    account: Account
    token: str
    expires_at: datetime


async def ask(session: AsyncSession, account_id: UUID, context: EventContext) -> Account:
    """Somebody has forgotten his password. Raises 403 `own-account`, 404, 409 `invalid-transition` for a stopped
    account."""
    account = await _living(session, account_id, context)
    await requests.ask_for_password_reset(session, account, context)
    return account


async def confirm(session: AsyncSession, account_id: UUID, context: EventContext) -> Issued:
    """The second person's word, and the token; an earlier one is void. The password counts until the token is used.

    Raises what `requests.confirm` raises, 409 `invalid-transition` for a stopped account.
    """
    account = await _living(session, account_id, context)
    await requests.confirm(session, account, requests.PASSWORD_RESET, context)
    token, now = PREFIX + secrets.token_urlsafe(32), utcnow()
    await _forget(session, account_id)
    session.add(
        PasswordReset(
            id=account_id,
            digest=digest_of(token),
            generation=account.generation,
            issued_at=now,
            expires_at=now + GOOD_FOR,
        )
    )
    return Issued(account, token, now + GOOD_FOR)


async def refuse(session: AsyncSession, account_id: UUID, context: EventContext) -> Account:
    """The request comes to nothing; whoever made it may take it back. Raises what `requests.refuse` raises."""
    account = await other_account(session, account_id, context)
    await requests.refuse(session, account, requests.PASSWORD_RESET, context)
    return account


async def use(session: AsyncSession, token: str, password: str, breached: BreachList) -> None:
    """Choose another password with the token, which counts once; all sessions of the account end.

    Raises 409 `password-reset-invalid` alike for a token that is unknown, used, void or over, else what
    `change_password` raises.
    """
    digest = digest_of(token)
    account_id = await session.scalar(select(PasswordReset.id).where(PasswordReset.digest == digest))
    if account_id is None:
        raise _invalid()
    account = await locked(session, account_id)
    row = await session.get(PasswordReset, account_id, populate_existing=True)
    if row is None or row.digest != digest or row.expires_at <= utcnow():
        raise _invalid()
    if account.disabled_at is not None or account.generation != row.generation:
        raise _invalid()
    own = EventContext(actor=str(account_id), effective_on=business_today(), correlation_id=str(account_id))
    await change_password(session, account_id, new=password, context=own, breached=breached)
    await session.delete(row)


async def _living(session: AsyncSession, account_id: UUID, context: EventContext) -> Account:
    account = await other_account(session, account_id, context)
    if account.disabled_at is not None:
        raise invalid_transition("disabled", ["active"])
    return account


async def _forget(session: AsyncSession, account_id: UUID) -> None:
    await session.execute(delete(PasswordReset).where(PasswordReset.id == account_id))


def _invalid() -> DomainError:
    return DomainError("password-reset-invalid", 409)
