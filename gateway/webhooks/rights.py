"""Whether a webhook's owner may still have what it asked for; looked at whenever events are read or sent for it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Function, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.models import Account
from gateway.bureaus.queries import topics_of
from gateway.webhooks.models import Webhook, WebhookTopic
from gateway.webhooks.rules import ACCOUNT_DISABLED, RIGHT_LOST, may_read, owner_name
from shared.auth.roles import BUREAU
from shared.events.election import IDLE_SESSION_SECONDS


def freed_soon() -> Function[str]:
    """Part of a statement that locks a webhook: a process that is frozen in this transaction has lost its lock after
    some seconds, and another one can go on."""
    return func.set_config("idle_in_transaction_session_timeout", f"{IDLE_SESSION_SECONDS}s", True)


async def chosen_topics(session: AsyncSession, role: str, account_id: UUID) -> frozenset[str] | None:
    """The topics that a bureau has chosen; None for one that reads all that is for bureaus, and for other roles."""
    return await topics_of(session, account_id) if role == BUREAU else None


async def may_read_all(session: AsyncSession, webhook: Webhook, account_id: UUID) -> bool:
    """Whether everything the webhook asks for is for this account, in the webhook's role."""
    chosen = await chosen_topics(session, webhook.role, account_id)
    topics = select(WebhookTopic.topic, WebhookTopic.types).where(WebhookTopic.webhook_id == webhook.id)
    rows = await session.execute(topics)
    return all(may_read(row.topic, row.types, webhook.role, chosen) for row in rows)


async def right_lost(session: AsyncSession, webhook: Webhook) -> str | None:
    """Why nothing may be sent to it any more; None if all is as it was."""
    columns = select(Account.roles, Account.bank, Account.org, Account.disabled_at)
    account = (await session.execute(columns.where(Account.id == webhook.account_id))).one_or_none()
    if account is None or account.disabled_at is not None:
        return ACCOUNT_DISABLED
    owner = owner_name(webhook.role, bank=account.bank, org=account.org, account_id=str(webhook.account_id))
    if webhook.role not in account.roles or owner != webhook.owner:
        return RIGHT_LOST
    return None if await may_read_all(session, webhook, webhook.account_id) else RIGHT_LOST
