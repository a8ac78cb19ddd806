"""Proving who one is by password: each attempt counted, every wrong one answered alike."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Row, select, update

from gateway.accounts.models import Account
from gateway.accounts.usecases import fold_username
from gateway.signin import passwords, throttle
from gateway.signin.access import AccessTokens
from shared.clock import utcnow
from shared.db import Database
from shared.errors import DomainError

_Found = Row[UUID, str, int]


@dataclass(frozen=True, slots=True)
class Issued:
    """A fresh access token and for how many seconds it is good."""

    access_token: str
    expires_in: int


async def sign_in(db: Database, tokens: AccessTokens, *, username: str, password: str, address: str | None) -> Issued:
    """Exchange user name and password for an access token.

    Raises 401 `credentials-wrong` alike, and after as long, for an unknown name, a wrong password and a disabled
    account; 429 `too-many-attempts` where this address has failed too often at this name; 503 `sign-in-busy`. Own short
    transactions, because a refusal has to be remembered and a hash must not be computed inside one.
    """
    name = fold_username(username)
    found = await _attempt(db, f"name:{name}", Account.username == name, password, address)
    if found is None:
        raise DomainError("credentials-wrong", 401, headers={"WWW-Authenticate": "Bearer"})
    async with db.transaction() as session:
        await session.execute(
            update(Account)
            .where(Account.id == found.id)
            .values(signed_in_at=utcnow(), updated_at=Account.updated_at)
            .execution_options(synchronize_session=False)
        )
    return Issued(tokens.issue(found.id, found.generation), tokens.seconds)


async def confirm_password(db: Database, account_id: UUID, *, password: str, address: str | None) -> None:
    """Let only somebody go on who knows the account's password. Raises 403 `password-wrong`, else as `sign_in`."""
    if await _attempt(db, f"id:{account_id}", Account.id == account_id, password, address) is None:
        raise DomainError("password-wrong", 403)


async def _attempt(
    db: Database, name: str, which: ColumnElement[bool], password: str, address: str | None
) -> _Found | None:
    if passwords.crowded():
        raise DomainError("sign-in-busy", 503, headers={"Retry-After": "2"})
    source = throttle.source_of(address)
    wanted = select(Account.id, Account.password_hash, Account.generation).where(which, Account.disabled_at.is_(None))
    async with db.transaction() as session:
        wait = await throttle.begin_attempt(session, name, source, utcnow())
        found = None if wait else (await session.execute(wanted)).one_or_none()
    if wait:
        raise DomainError("too-many-attempts", 429, params={"seconds": wait}, headers={"Retry-After": str(wait)})
    if not await passwords.verify_password(password, found.password_hash if found else None):
        return None
    async with db.transaction() as session:
        await throttle.succeed(session, name, source)
    return found
