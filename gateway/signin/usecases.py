"""Proving who one is by password and second factor: each attempt counted, every wrong one answered alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from gateway.accounts.models import Account
from gateway.accounts.usecases import fold_username
from gateway.audit.record import concerns, record_sign_in
from gateway.second_factor import checking
from gateway.sessions.lifetimes import Lifetimes
from gateway.sessions.seen import Seen
from gateway.sessions.usecases import Opened, open_session
from gateway.signin import passwords
from gateway.signin.access import AccessTokens
from gateway.signin.attempts import Attempt
from gateway.signin.throttle import PASSWORDS
from shared.auth.tokens import InvalidToken
from shared.clock import utcnow
from shared.db import Database
from shared.errors import DomainError
from shared.sealing import Keyring

_REFUSED: Final = {"error": "invalid_grant"}


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a sign-in works with; `keys` opens second factors, where there is one."""

    db: Database
    tokens: AccessTokens
    keys: Callable[[], Keyring]
    lifetimes: Lifetimes
    seen: Seen


@dataclass(frozen=True, slots=True)
class _Found:
    id: UUID
    generation: int


async def sign_in(by: SignIn, *, username: str, password: str, otp: str | None) -> Opened:
    """Open a session for user name and password, and the code where the account has a second factor.

    Raises 401 `credentials-wrong` alike, and after as long, for an unknown name, a wrong password and a disabled
    account; 401 `second-factor-needed` with a challenge that stands for the password for three minutes; 401
    `second-factor-wrong`; 429 `too-many-attempts` where this address has failed too often at this name, or too many
    addresses together have; 503 `sign-in-busy`. Own short transactions, because a refusal has to be remembered and a
    hash must not be computed inside one.
    """
    name = fold_username(username)
    found = await _by_password(by.db, f"name:{name}", Account.username == name, password, by.seen)
    if found is None:
        raise _wrong()
    return await _second_step(by, found, otp)


async def sign_in_by_challenge(by: SignIn, *, challenge: str, otp: str) -> Opened:
    """The second step alone. Raises 401 `credentials-wrong` for a challenge that is not good or over, else as
    `sign_in`."""
    try:
        account_id, generation = by.tokens.read_challenge(challenge)
    except InvalidToken as error:
        raise _wrong() from error
    concerns(account_id)
    async with by.db.transaction() as session:
        living = select(Account.id).where(
            Account.id == account_id, Account.generation == generation, Account.disabled_at.is_(None)
        )
        if await session.scalar(living) is None:
            raise _wrong()
    return await _second_step(by, _Found(account_id, generation), otp)


async def confirm_password(db: Database, account_id: UUID, *, password: str, seen: Seen) -> None:
    """Let only somebody go on who knows the account's password. Raises 403 `password-wrong`, else as `sign_in`."""
    if await _by_password(db, f"id:{account_id}", Account.id == account_id, password, seen) is None:
        raise DomainError("password-wrong", 403)


async def _second_step(by: SignIn, found: _Found, otp: str | None) -> Opened:
    async with by.db.transaction() as session:
        needed = await checking.has_second_factor(session, found.id)
    if needed and otp is None:
        challenge = by.tokens.challenge(found.id, found.generation)
        members = {"error": "second_factor_needed", "challenge": challenge}
        raise DomainError("second-factor-needed", 401, headers={"WWW-Authenticate": "Bearer"}, members=members)
    if needed and otp is not None and not await checking.check_code(by.db, by.keys(), found.id, otp, by.seen):
        raise DomainError("second-factor-wrong", 401, headers={"WWW-Authenticate": "Bearer"}, members=_REFUSED)
    async with by.db.transaction() as session:
        living = (
            update(Account)
            .where(Account.id == found.id, Account.generation == found.generation, Account.disabled_at.is_(None))
            .values(signed_in_at=utcnow(), updated_at=Account.updated_at)
            .returning(Account.id)
            .execution_options(synchronize_session=False)
        )
        if await session.scalar(living) is None:
            raise _wrong()
        opened = await open_session(
            session, found.id, found.generation, seen=by.seen, second_factor=needed, lifetimes=by.lifetimes
        )
        await record_sign_in(session, found.id, opened.session_id, second_factor=needed)
        return opened


async def _by_password(db: Database, name: str, which: ColumnElement[bool], password: str, seen: Seen) -> _Found | None:
    if passwords.crowded():
        raise DomainError("sign-in-busy", 503, headers={"Retry-After": "2"})
    wanted = select(Account.id, Account.password_hash, Account.generation).where(which, Account.disabled_at.is_(None))
    async with db.transaction() as session:
        found = (await session.execute(wanted)).one_or_none()
    if found is not None:
        concerns(found.id)
    attempt = await Attempt.begin(db, name, seen.address, found.id if found else None, PASSWORDS)
    if not await passwords.verify_password(password, found.password_hash if found else None) or found is None:
        return None
    await attempt.succeed()
    return _Found(found.id, found.generation)


def _wrong() -> DomainError:
    return DomainError("credentials-wrong", 401, headers={"WWW-Authenticate": "Bearer"}, members=_REFUSED)
