"""Single deliveries on the owner's word: a test event, one event again, one event given up."""

from __future__ import annotations

import json
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.webhooks.models import CANCELLED, PENDING, PING, RESEND, Webhook, WebhookDelivery, WebhookEvent
from gateway.webhooks.queries import find_delivery
from gateway.webhooks.schemas import DeliveryOut
from shared.clock import utcnow
from shared.errors import DomainError, invalid_transition
from shared.ids import uuid7

PING_TYPE = "gateway.webhook.pinged.v1"


async def ping(session: AsyncSession, webhook: Webhook) -> DeliveryOut:
    """A test event, in form like any other, without a position: it is in no log. Raises 409 while one is under way."""
    under_way = select(WebhookDelivery.id).where(
        WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.kind == PING, WebhookDelivery.state == PENDING
    )
    if await session.scalar(under_way):
        raise DomainError("webhook-ping-waiting", 409, headers={"Retry-After": "15"})
    event_id, now = uuid7(), utcnow()
    body = {
        "specversion": "1.0",
        "id": str(event_id),
        "source": "/gateway",
        "type": PING_TYPE,
        "subject": str(webhook.id),
        "time": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": {"livemode": webhook.livemode},
    }
    event = WebhookEvent(
        id=event_id,
        topic="gateway.webhook",
        type=PING_TYPE,
        position=None,
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
    )
    session.add(event)
    await session.flush()
    return await _add(session, webhook, event, PING)


async def resend(session: AsyncSession, webhook: Webhook, delivery_id: UUID) -> DeliveryOut:
    """The event of a delivery once more, behind what waits. Raises 409 for one that has not ended."""
    delivery, event = await find_delivery(session, webhook, delivery_id)
    if delivery.state == PENDING:
        raise invalid_transition(PENDING, ["delivered", "failed", "cancelled"])
    return await _add(session, webhook, event, PING if delivery.kind == PING else RESEND)


async def skip(session: AsyncSession, webhook: Webhook, delivery_id: UUID) -> DeliveryOut:
    """End a delivery that waits. Raises 409 for one that has ended, or is being tried at the moment."""
    delivery, event = await find_delivery(session, webhook, delivery_id, lock=True)
    if delivery.state != PENDING:
        raise invalid_transition(delivery.state, [PENDING])
    if delivery.claimed_until is not None and delivery.claimed_until > utcnow():
        raise DomainError("webhook-delivery-under-way", 409, headers={"Retry-After": "15"})
    delivery.state, delivery.ended_at, delivery.next_attempt_at = CANCELLED, utcnow(), None
    delivery.claim = delivery.claimed_until = None
    await session.flush()
    return DeliveryOut.of(delivery, event)


async def _add(session: AsyncSession, webhook: Webhook, event: WebhookEvent, kind: str) -> DeliveryOut:
    delivery = WebhookDelivery(id=uuid7(), webhook_id=webhook.id, event_id=event.id, kind=kind)
    session.add(delivery)
    await session.flush()
    await session.refresh(delivery)
    return DeliveryOut.of(delivery, event)
