"""Bureaus: let in, given other topics or other credentials, and let go. The broker's side of it is the deployment's."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.models import Account
from gateway.bureaus.models import Bureau
from gateway.bureaus.rules import check_name, check_topics
from gateway.signin.passwords import hash_password
from shared.auth.roles import BUREAU
from shared.clock import utcnow
from shared.errors import DomainError, not_found
from shared.events import outbox
from shared.events.contracts.gateway import (
    AccountChanged,
    AccountCreated,
    AccountState,
    BureauAdded,
    BureauChanged,
    BureauRemoved,
    BureauRotated,
    BureauState,
)
from shared.events.outbox import EventContext
from shared.ids import uuid7


async def add_bureau(
    session: AsyncSession, name: str, *, topics: Sequence[str] | None, public_key: str, context: EventContext
) -> Bureau:
    """Let a bureau in: an account with the role `bureau`, into which nobody can sign in, and its key for NATS.

    Raises 409 `bureau-name-taken`, or what `check_name` and `check_topics` raise.
    """
    check_name(name)
    wanted = check_topics(topics)
    if await session.scalar(select(Bureau.id).where(Bureau.name == name, Bureau.removed_at.is_(None))):
        raise DomainError("bureau-name-taken", 409, params={"name": name})
    account = await _open_account(session, name, context)
    await session.flush()
    bureau = Bureau(
        id=uuid7(),
        version=0,
        name=name,
        account_id=account.id,
        public_key=public_key,
        topics=wanted,
        rotated_at=utcnow(),
    )
    session.add(bureau)
    await outbox.append(session, BureauAdded, bureau, _state(bureau), context=context)
    return bureau


async def choose_topics(
    session: AsyncSession, name: str, *, topics: Sequence[str] | None, context: EventContext
) -> Bureau:
    """Let the bureau read these topics and no others. Raises what `check_topics` raises, and 404."""
    bureau = await locked_bureau(session, name)
    bureau.topics = check_topics(topics)
    await outbox.append(session, BureauChanged, bureau, _state(bureau), context=context)
    return bureau


async def rotate_bureau(session: AsyncSession, name: str, *, public_key: str, context: EventContext) -> Bureau:
    """Give the bureau another key for NATS; the one before is over. Raises 404."""
    bureau = await locked_bureau(session, name)
    bureau.public_key = public_key
    bureau.rotated_at = utcnow()
    await outbox.append(session, BureauRotated, bureau, _state(bureau), context=context)
    return bureau


async def remove_bureau(session: AsyncSession, name: str, *, context: EventContext) -> Bureau:
    """Let the bureau go: its account is disabled, which ends its API keys too. Raises 404."""
    bureau = await locked_bureau(session, name)
    bureau.removed_at = utcnow()
    account = await session.get(Account, bureau.account_id, with_for_update=True)
    assert account is not None, "a foreign key"
    if account.disabled_at is None:
        account.disabled_at = utcnow()
        account.generation += 1
        await outbox.append(session, AccountChanged, account, _account_state(account), context=context)
    await outbox.append(session, BureauRemoved, bureau, _state(bureau), context=context)
    return bureau


async def locked_bureau(session: AsyncSession, name: str) -> Bureau:
    """The bureau of that name that is let in. Raises 404."""
    statement = select(Bureau).where(Bureau.name == name, Bureau.removed_at.is_(None)).with_for_update()
    bureau = await session.scalar(statement)
    if bureau is None:
        raise not_found("bureau")
    return bureau


async def _open_account(session: AsyncSession, name: str, context: EventContext) -> Account:
    account = Account(
        id=uuid7(),
        version=0,
        username=f"bureau.{name}.{secrets.token_hex(4)}",
        password_hash=await hash_password(secrets.token_urlsafe(48)),
        roles=[BUREAU],
        generation=1,
        password_changed_at=utcnow(),
    )
    session.add(account)
    await outbox.append(session, AccountCreated, account, _account_state(account), context=context)
    return account


def _account_state(account: Account) -> AccountState:
    return AccountState(roles=tuple(account.roles), division=account.division, disabled=account.disabled_at is not None)


def _state(bureau: Bureau) -> BureauState:
    topics = None if bureau.topics is None else tuple(bureau.topics)
    return BureauState(account_id=bureau.account_id, topics=topics, removed=bureau.removed_at is not None)
