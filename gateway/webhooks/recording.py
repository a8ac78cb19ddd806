"""The events of webhooks."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.webhooks.models import Webhook, WebhookTopic
from shared.events import outbox
from shared.events.contracts.gateway import WebhookState
from shared.events.outbox import EventContext
from shared.events.types import EventType


async def record(
    session: AsyncSession, webhook: Webhook, event_type: EventType[WebhookState], context: EventContext
) -> None:
    """Write the event of a change; everything that the session holds is written with it."""
    await session.flush()
    topics = await session.scalars(
        select(WebhookTopic.topic).where(WebhookTopic.webhook_id == webhook.id).order_by(WebhookTopic.topic)
    )
    state = WebhookState.model_validate(
        {
            "account_id": webhook.account_id,
            "role": webhook.role,
            "livemode": webhook.livemode,
            "topics": tuple(topics),
            "ordered": webhook.ordered,
            "status": webhook.status,
            "reason": webhook.reason,
        }
    )
    await outbox.append(session, event_type, webhook, state, context=context)
