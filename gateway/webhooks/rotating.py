"""The secrets that sign a webhook's deliveries: made or brought, and replaced while both sign."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.webhooks.models import Webhook, WebhookSecret
from gateway.webhooks.recording import record
from gateway.webhooks.signing import check_secret, new_secret
from shared.auth.principal import Principal
from shared.clock import utcnow
from shared.errors import DomainError
from shared.events.contracts.gateway import WebhookChanged
from shared.events.outbox import EventContext
from shared.ids import uuid7
from shared.sealing import Keyring


async def rotate_secret(
    session: AsyncSession,
    principal: Principal,
    webhook: Webhook,
    *,
    secret: str | None,
    keep_hours: int,
    keys: Keyring,
) -> str | None:
    """Sign with a new secret, and for so many hours with the present one as well; with none it is over at once.

    Raises 409 `webhook-rotation-under-way` while an earlier one still signs: a repeated request would end it unasked.
    """
    now = utcnow()
    former = WebhookSecret.webhook_id == webhook.id, WebhookSecret.ends_at.is_not(None)
    signing_still = await session.scalar(select(WebhookSecret.ends_at).where(*former, WebhookSecret.ends_at > now))
    if signing_still is not None and keep_hours:
        raise DomainError("webhook-rotation-under-way", 409, params={"until": f"{signing_still:%Y-%m-%dT%H:%M:%SZ}"})
    await session.execute(delete(WebhookSecret).where(*former))
    current = await session.scalar(
        select(WebhookSecret).where(WebhookSecret.webhook_id == webhook.id, WebhookSecret.ends_at.is_(None))
    )
    if current is not None and keep_hours:
        current.ends_at = now + timedelta(hours=keep_hours)
    elif current is not None:
        await session.delete(current)
    await session.flush()
    made = add_secret(session, webhook, secret, keys)
    await record(session, webhook, WebhookChanged, EventContext.of(principal))
    return made


def add_secret(session: AsyncSession, webhook: Webhook, given: str | None, keys: Keyring) -> str | None:
    """Sign with this secret from now on; returns the one that was made where none is given. Raises 422."""
    secret = new_secret() if given is None else check_secret(given)
    row_id = uuid7()
    sealed = keys.seal(row_id, secret)
    session.add(
        WebhookSecret(
            id=row_id,
            webhook_id=webhook.id,
            key_id=sealed.key_id,
            sealed_secret=sealed.content,
            created_at=utcnow(),
        )
    )
    return secret if given is None else None
