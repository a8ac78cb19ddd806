"""Accounts: opened, changed, stopped and restored. Nobody changes what he himself may do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts import requests
from gateway.accounts.models import USERNAME_PATTERN, Account
from gateway.accounts.persons import refuse_from_outside
from gateway.accounts.rules import carries_power, check_roles
from gateway.breached.judging import judge_password
from gateway.breached.lists import NO_FILE, BreachList
from gateway.sessions.ending import end_sessions
from gateway.signin.passwords import hash_password, normalise, verify_password
from shared.auth.roles import POWER_ROLES
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
    breached: BreachList = NO_FILE,
    must_change_password: bool = False,
) -> Account:
    """Open an account with all its rights. The operator's way in by the command line, which needs no second person
    because whoever has the machine has everything, and what an accepted invitation comes to.

    Raises 422 `username-invalid` or what `check_roles` and `judge_password` raise, 409 `username-taken`, and 409
    `person-from-outside` for somebody who comes in by an outside issuer under his own id.
    """
    held = check_roles(roles, scope.as_dict())
    return await _open(
        session,
        username,
        password,
        roles=held,
        scope=scope,
        context=context,
        breached=breached,
        must_change_password=must_change_password,
        words=scope,
    )


async def _open(
    session: AsyncSession,
    username: str,
    password: str,
    *,
    roles: Sequence[str],
    scope: Scope,
    context: EventContext,
    breached: BreachList,
    must_change_password: bool,
    words: Scope,
) -> Account:
    """`words` is the scope that the account will have, which its password must not be made of."""
    name = check_username(username)
    await judge_password(normalise(password), name, words.as_dict().values(), breached=breached)
    await refuse_taken(session, name)
    await refuse_from_outside(session, words.person_ref)
    account = Account(
        id=uuid7(),
        version=0,
        username=name,
        password_hash=await hash_password(password),
        roles=list(roles),
        generation=1,
        password_changed_at=utcnow(),
        must_change_password=must_change_password,
        **scope.as_dict(),
    )
    session.add(account)
    await session.flush()
    await outbox.append(session, AccountCreated, account, state_of(account), context=context)
    return account


async def open_account(
    session: AsyncSession,
    username: str,
    password: str,
    *,
    roles: Sequence[str],
    scope: Scope,
    context: EventContext,
    breached: BreachList,
) -> Account:
    """An administrator's way: whoever is to sign in must first choose another password, and rights that carry power
    wait for the security administrator. Raises what `create_account` raises."""
    held = check_roles(roles, scope.as_dict())
    powerful = carries_power((), {}, held, scope.as_dict())
    account = await _open(
        session,
        username,
        password,
        roles=() if powerful else held,
        scope=Scope() if powerful else scope,
        context=context,
        breached=breached,
        must_change_password=True,
        words=scope,
    )
    if powerful:
        await requests.ask_for_rights(session, account, held, scope.as_dict(), context)
    return account


def check_username(username: str) -> str:
    """The one spelling of a user name that can be taken. Raises 422 `username-invalid`."""
    name = fold_username(username)
    if not re.fullmatch(USERNAME_PATTERN, name):
        raise DomainError("username-invalid", 422)
    return name


async def refuse_taken(session: AsyncSession, name: str) -> None:
    """Raises 409 `username-taken`."""
    if await session.scalar(select(Account.id).where(Account.username == name)):
        raise DomainError("username-taken", 409)


async def change_rights(
    session: AsyncSession,
    account_id: UUID,
    *,
    if_match: str | None,
    roles: Sequence[str] | None,
    scope: Mapping[str, str | None],
    context: EventContext,
) -> Account:
    """Give other roles or another scope; only the fields named in `scope` change. A change that carries power is only
    asked for, and nothing of it counts until the security administrator confirms it. Raises 403 `own-account`."""
    account = await other_account(session, account_id, context)
    require_match(if_match, account.version)
    merged = {**scope_of(account), **scope}
    held = check_roles(account.roles if roles is None else roles, merged)
    if merged["person_ref"] != account.person_ref:
        await refuse_from_outside(session, merged["person_ref"])
    if carries_power(account.roles, scope_of(account), held, merged):
        await requests.ask_for_rights(session, account, held, merged, context)
        return account
    await requests.supersede(session, account.id, requests.RIGHTS, context)
    return await give_rights(session, account, held, merged, context)


async def give_rights(
    session: AsyncSession,
    account: Account,
    roles: Sequence[str],
    scope: Mapping[str, str | None],
    context: EventContext,
) -> Account:
    """These roles and this scope count from the commit on. Raises 409 `person-from-outside`."""
    if scope.get("person_ref") != account.person_ref:
        await refuse_from_outside(session, scope.get("person_ref"))
    account.roles = list(roles)
    for field, value in scope.items():
        setattr(account, field, value)
    return await changed(session, account, context)


async def disable_account(
    session: AsyncSession, account_id: UUID, *, if_match: str | None = None, context: EventContext
) -> Account:
    """Stop an account and end its sessions. Raises 403 `own-account`, so that the last administrator stays."""
    account = await other_account(session, account_id, context)
    honour_match(if_match, account.version)
    if account.disabled_at is not None:
        raise invalid_transition("disabled", ["active"])
    return await stop(session, account, context)


async def enable_account(
    session: AsyncSession, account_id: UUID, *, if_match: str | None = None, context: EventContext
) -> Account:
    """Let a stopped account sign in again; its earlier sessions stay ended, and roles of power wait for the security
    administrator anew. Raises 409 `person-from-outside`."""
    account = await other_account(session, account_id, context)
    honour_match(if_match, account.version)
    if account.disabled_at is None:
        raise invalid_transition("active", ["disabled"])
    account.disabled_at = None
    await refuse_from_outside(session, account.person_ref)
    scope = scope_of(account)
    if carries_power((), {}, account.roles, scope):
        await requests.ask_for_rights(session, account, account.roles, scope, context)
        account.roles = [role for role in account.roles if role not in POWER_ROLES]
    else:
        await requests.supersede(session, account.id, requests.RIGHTS, context)
    return await changed(session, account, context)


async def stop(session: AsyncSession, account: Account, context: EventContext) -> Account:
    """The account can do nothing from the commit on, in none of its sessions."""
    account.disabled_at = utcnow()
    account.generation += 1
    await end_sessions(session, account.id, "account_disabled", context)
    return await changed(session, account, context)


async def change_password(
    session: AsyncSession, account_id: UUID, *, new: str, context: EventContext, breached: BreachList = NO_FILE
) -> Account:
    """Replace the account's password and end all its sessions. The caller has proved to know the present one.

    Raises what `judge_password` raises, and 422 `password-unchanged` for the one it has.
    """
    account = await locked(session, account_id)
    await judge_password(normalise(new), account.username, scope_of(account).values(), breached=breached)
    if await verify_password(new, account.password_hash):
        raise DomainError("password-unchanged", 422)
    account.password_hash = await hash_password(new)
    account.password_changed_at = utcnow()
    account.must_change_password = False
    account.generation += 1
    await end_sessions(session, account.id, "password_changed", context)
    return await changed(session, account, context)


async def locked(session: AsyncSession, account_id: UUID) -> Account:
    """The account, locked. Raises 404."""
    account = await session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise not_found("account")
    return account


async def other_account(session: AsyncSession, account_id: UUID, context: EventContext) -> Account:
    """Somebody else's account, locked. Raises 403 `own-account`, 404."""
    if context.actor == str(account_id):
        raise DomainError("own-account", 403)
    return await locked(session, account_id)


async def changed(session: AsyncSession, account: Account, context: EventContext) -> Account:
    """Tell the suite what the account may do now."""
    await outbox.append(session, AccountChanged, account, state_of(account), context=context)
    return account


def scope_of(account: Account) -> dict[str, str | None]:
    """The account's scope as it is."""
    return dict(Scope(account.org, account.division, account.provider, account.bank, account.person_ref).as_dict())


def state_of(account: Account) -> AccountState:
    """What the suite is told of an account."""
    return AccountState(roles=tuple(account.roles), division=account.division, disabled=account.disabled_at is not None)
