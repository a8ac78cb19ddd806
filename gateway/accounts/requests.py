"""What takes two people: one asks, another decides within a week; nobody decides about himself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.models import Account, AccountRequest
from gateway.accounts.rules import REQUEST_DAYS
from shared.clock import utcnow
from shared.errors import DomainError, four_eyes_required, not_found
from shared.events import outbox
from shared.events.contracts.gateway import (
    AccountRequestConfirmed,
    AccountRequestMade,
    AccountRequestRefused,
    AccountRequestState,
)
from shared.events.outbox import EventContext
from shared.ids import uuid7

RIGHTS: Final = "rights"
SECOND_FACTOR_RESET: Final = "second_factor_reset"
PASSWORD_RESET: Final = "password_reset"  # noqa: S105 - a kind of request


async def ask_for_rights(
    session: AsyncSession,
    account: Account,
    roles: Sequence[str],
    scope: Mapping[str, str | None],
    context: EventContext,
) -> AccountRequest:
    """These rights are to be the account's once somebody else has confirmed them; an earlier request is void."""
    return await _ask(session, account, RIGHTS, context, roles=list(roles), scope=dict(scope))


async def ask_for_reset(session: AsyncSession, account: Account, context: EventContext) -> AccountRequest:
    """The second factor is to be taken away once somebody else has confirmed it; an earlier request is void."""
    return await _ask(session, account, SECOND_FACTOR_RESET, context)


async def ask_for_password_reset(session: AsyncSession, account: Account, context: EventContext) -> AccountRequest:
    """The holder is to choose another password once somebody else has confirmed it; an earlier request is void."""
    return await _ask(session, account, PASSWORD_RESET, context)


async def _ask(
    session: AsyncSession,
    account: Account,
    kind: str,
    context: EventContext,
    *,
    roles: list[str] | None = None,
    scope: dict[str, str | None] | None = None,
) -> AccountRequest:
    await supersede(session, account.id, kind, context)
    now = utcnow()
    request = AccountRequest(
        id=uuid7(),
        account_id=account.id,
        kind=kind,
        roles=roles,
        scope=scope,
        requested_by=context.actor,
        requested_at=now,
        expires_at=now + timedelta(days=REQUEST_DAYS),
    )
    session.add(request)
    await session.flush()
    await outbox.append(session, AccountRequestMade, account, _state(request), context=context)
    return request


async def confirm(session: AsyncSession, account: Account, kind: str, context: EventContext) -> AccountRequest:
    """Take the open request as decided by this caller; its effect is up to the caller's use case.

    Raises 404, 409 `request-expired`, 403 `own-account`, and 403 `four-eyes-required` for who asked for it.
    """
    request = await _open(session, account.id, kind)
    if request is None:
        raise not_found("request")
    if request.expires_at <= utcnow():
        raise DomainError("request-expired", 409)
    if context.actor == str(account.id):
        raise DomainError("own-account", 403)
    if context.actor == request.requested_by:
        raise four_eyes_required()
    _decide(request, "confirmed", context)
    await outbox.append(session, AccountRequestConfirmed, account, _state(request), context=context)
    return request


async def refuse(session: AsyncSession, account: Account, kind: str, context: EventContext) -> AccountRequest:
    """The request comes to nothing; whoever made it may take it back. Raises 404, 403 `own-account`."""
    request = await _open(session, account.id, kind)
    if request is None:
        raise not_found("request")
    if context.actor == str(account.id):
        raise DomainError("own-account", 403)
    _decide(request, "refused", context)
    await outbox.append(session, AccountRequestRefused, account, _state(request), context=context)
    return request


async def supersede(session: AsyncSession, account_id: UUID, kind: str, context: EventContext) -> None:
    """A later word about the same thing makes an open request void."""
    request = await _open(session, account_id, kind)
    if request is not None:
        _decide(request, "superseded", context)
        await session.flush()


def _decide(request: AccountRequest, outcome: str, context: EventContext) -> None:
    request.outcome, request.decided_by, request.decided_at = outcome, context.actor, utcnow()


async def _open(session: AsyncSession, account_id: UUID, kind: str) -> AccountRequest | None:
    wanted = select(AccountRequest).where(
        AccountRequest.account_id == account_id, AccountRequest.kind == kind, AccountRequest.outcome.is_(None)
    )
    return await session.scalar(wanted.with_for_update())


def _state(request: AccountRequest) -> AccountRequestState:
    return AccountRequestState.model_validate(
        {
            "kind": request.kind,
            "roles": tuple(request.roles or ()),
            "division": (request.scope or {}).get("division"),
        }
    )
