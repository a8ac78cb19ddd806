"""Accounts: opened, changed, stopped and restored. Nobody changes what he himself may do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.models import USERNAME_PATTERN, Account
from gateway.accounts.rules import check_password, check_roles
from gateway.signin.passwords import hash_password, normalise
from shared.clock import utcnow
from shared.errors import DomainError, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts.gateway import AccountChanged, AccountCreated, AccountState
from shared.events.outbox import EventContext
from shared.http.etag import honour_match, require_match
from shared.ids import uuid7


@dataclass(frozen=True, slots=True)
class Scope:
    """What an account's roles are about: an organisation's code, a division, a provider, a bank, a person."""

    org: str | None = None
    division: str | None = None
    provider: str | None = None
    bank: str | None = None
    person_ref: str | None = None

    def as_dict(self) -> Mapping[str, str | None]:
        return asdict(self)


def fold_username(username: str) -> str:
    """The one spelling under which a user name is stored and looked up."""
    return normalise(username).strip().lower()


async def create_account(
    session: AsyncSession,
    username: str,
    password: str,
    *,
    roles: Sequence[str],
    scope: Scope,
    context: EventContext,
) -> Account:
    """Open an account. Also the command line's way in, which makes the first administrator.

    Raises 422 `username-invalid` or what `check_roles` and `check_password` raise, and 409 `username-taken`.
    """
    name = fold_username(username)
    if not re.fullmatch(USERNAME_PATTERN, name):
        raise DomainError("username-invalid", 422)
    held = check_roles(roles, scope.as_dict())
    check_password(normalise(password), name)
    if await session.scalar(select(Account.id).where(Account.username == name)):
        raise DomainError("username-taken", 409)
    account = Account(
        id=uuid7(),
        version=0,
        username=name,
        password_hash=await hash_password(password),
        roles=list(held),
        generation=1,
        password_changed_at=utcnow(),
        **scope.as_dict(),
    )
    session.add(account)
    await outbox.append(session, AccountCreated, account, _state(account), context=context)
    return account


async def change_rights(
    session: AsyncSession,
    account_id: UUID,
    *,
    if_match: str | None,
    roles: Sequence[str] | None,
    scope: Mapping[str, str | None],
    context: EventContext,
) -> Account:
    """Give other roles or another scope; only the fields named in `scope` change. Raises 403 `own-account`."""
    account = await _other_account(session, account_id, context)
    require_match(if_match, account.version)
    merged = {**_scope_of(account), **scope}
    account.roles = list(check_roles(account.roles if roles is None else roles, merged))
    for field, value in merged.items():
        setattr(account, field, value)
    return await _changed(session, account, context)


async def disable_account(
    session: AsyncSession, account_id: UUID, *, if_match: str | None = None, context: EventContext
) -> Account:
    """Stop an account and end its sessions. Raises 403 `own-account`, so that the last administrator stays."""
    account = await _other_account(session, account_id, context)
    honour_match(if_match, account.version)
    if account.disabled_at is not None:
        raise invalid_transition("disabled", ["active"])
    account.disabled_at = utcnow()
    account.generation += 1
    return await _changed(session, account, context)


async def enable_account(
    session: AsyncSession, account_id: UUID, *, if_match: str | None = None, context: EventContext
) -> Account:
    """Let a stopped account sign in again; its earlier sessions stay ended."""
    account = await _other_account(session, account_id, context)
    honour_match(if_match, account.version)
    if account.disabled_at is None:
        raise invalid_transition("active", ["disabled"])
    account.disabled_at = None
    return await _changed(session, account, context)


async def change_password(session: AsyncSession, account_id: UUID, *, new: str, context: EventContext) -> Account:
    """Replace the account's password and end all its sessions. The caller has proved to know the present one.

    Raises what `check_password` raises.
    """
    account = await _locked(session, account_id)
    check_password(normalise(new), account.username)
    account.password_hash = await hash_password(new)
    account.password_changed_at = utcnow()
    account.generation += 1
    return await _changed(session, account, context)


async def _locked(session: AsyncSession, account_id: UUID) -> Account:
    account = await session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise not_found("account")
    return account


async def _other_account(session: AsyncSession, account_id: UUID, context: EventContext) -> Account:
    if context.actor == str(account_id):
        raise DomainError("own-account", 403)
    return await _locked(session, account_id)


async def _changed(session: AsyncSession, account: Account, context: EventContext) -> Account:
    await outbox.append(session, AccountChanged, account, _state(account), context=context)
    return account


def _scope_of(account: Account) -> dict[str, str | None]:
    return dict(Scope(account.org, account.division, account.provider, account.bank, account.person_ref).as_dict())


def _state(account: Account) -> AccountState:
    return AccountState(roles=tuple(account.roles), division=account.division, disabled=account.disabled_at is not None)
