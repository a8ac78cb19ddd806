"""The second person's part: rights that carry power count once they are confirmed."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts import requests
from gateway.accounts.models import Account
from gateway.accounts.rules import check_roles
from gateway.accounts.usecases import give_rights, other_account
from shared.events.outbox import EventContext
from shared.http.etag import honour_match


async def confirm_rights(
    session: AsyncSession, account_id: UUID, context: EventContext, *, if_match: str | None = None
) -> Account:
    """Give the rights asked for. Raises what `requests.confirm` raises, and 412 where the account or what is asked for
    is not what the caller has seen."""
    account = await other_account(session, account_id, context)
    honour_match(if_match, account.version)
    request = await requests.confirm(session, account, requests.RIGHTS, context)
    scope = request.scope or {}
    return await give_rights(session, account, check_roles(request.roles or (), scope), scope, context)


async def refuse_rights(session: AsyncSession, account_id: UUID, context: EventContext) -> Account:
    """Raises what `requests.refuse` raises."""
    account = await other_account(session, account_id, context)
    await requests.refuse(session, account, requests.RIGHTS, context)
    return account


async def refuse_reset(session: AsyncSession, account_id: UUID, context: EventContext) -> Account:
    """Raises what `requests.refuse` raises."""
    account = await other_account(session, account_id, context)
    await requests.refuse(session, account, requests.SECOND_FACTOR_RESET, context)
    return account
