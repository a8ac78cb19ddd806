"""Reading webhooks and their deliveries: one's own, and everybody's for an auditor."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.webhooks.models import (
    DELETED,
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEvent,
    WebhookSecret,
    WebhookTopic,
)
from gateway.webhooks.rights import freed_soon
from gateway.webhooks.rules import owners_of
from gateway.webhooks.schemas import DeliveryFilter, DeliveryOut, DeliveryWithAttempts, WebhookFilter, WebhookOut
from shared.auth.principal import Principal
from shared.auth.roles import AUDITOR
from shared.errors import DomainError, not_found
from shared.http.paging import Page, PageParams, paginate
from shared.livemode import of_mode


def visible(principal: Principal) -> ColumnElement[bool]:
    """Webhooks that the caller may see."""
    mine = true() if principal.has(AUDITOR) else _own(principal)
    return mine & of_mode(Webhook, principal) & (Webhook.status != DELETED)


def _own(principal: Principal) -> ColumnElement[bool]:
    return Webhook.owner.in_(owners_of(principal))


async def find_webhook(session: AsyncSession, principal: Principal, webhook_id: UUID, *, lock: bool = False) -> Webhook:
    """One webhook, locked for a change. Raises 404, also for another's, and to whoever may only look at it."""
    seen = visible(principal)
    wanted = select(Webhook).where(Webhook.id == webhook_id, seen & _own(principal) if lock else seen)
    locked = wanted.add_columns(freed_soon()).with_for_update(of=Webhook)
    webhook: Webhook | None = await session.scalar(locked.execution_options(populate_existing=True) if lock else wanted)
    if webhook is None:
        raise not_found("webhook")
    return webhook


async def show(session: AsyncSession, webhook: Webhook) -> WebhookOut:
    """A webhook with its topics and the dates of its secrets."""
    return (await _shown(session, [webhook]))[0]


async def list_webhooks(session: AsyncSession, principal: Principal, wanted: WebhookFilter) -> Page[WebhookOut]:
    """Webhooks in the order in which they were made."""
    statement = select(Webhook).where(visible(principal))
    if wanted.status is not None:
        statement = statement.where(Webhook.status == wanted.status)
    params = PageParams(limit=wanted.limit, cursor=wanted.cursor)
    page = await paginate(session, statement, keys=[Webhook.id], params=params, item=lambda webhook: webhook)
    return Page(items=await _shown(session, page.items), next=page.next)


async def _shown(session: AsyncSession, webhooks: Sequence[Webhook]) -> list[WebhookOut]:
    ids = [webhook.id for webhook in webhooks]
    topics = await session.scalars(
        select(WebhookTopic).where(WebhookTopic.webhook_id.in_(ids)).order_by(WebhookTopic.topic)
    )
    live = or_(WebhookSecret.ends_at.is_(None), WebhookSecret.ends_at > func.now())
    secrets = await session.scalars(
        select(WebhookSecret).where(WebhookSecret.webhook_id.in_(ids), live).order_by(WebhookSecret.created_at)
    )
    of_topics, of_secrets = topics.all(), secrets.all()
    return [
        WebhookOut.of(
            webhook,
            [topic for topic in of_topics if topic.webhook_id == webhook.id],
            [secret for secret in of_secrets if secret.webhook_id == webhook.id],
        )
        for webhook in webhooks
    ]


async def require_topic(session: AsyncSession, webhook: Webhook, topic: str) -> None:
    """Raises 409 `webhook-topic-missing` for a topic that the webhook does not have."""
    if await session.get(WebhookTopic, (webhook.id, topic)) is None:
        raise DomainError("webhook-topic-missing", 409, params={"topic": topic})


async def list_deliveries(session: AsyncSession, webhook: Webhook, wanted: DeliveryFilter) -> Page[DeliveryOut]:
    """A webhook's deliveries, the latest first."""
    statement = (
        select(WebhookDelivery, WebhookEvent)
        .join(WebhookEvent, WebhookEvent.id == WebhookDelivery.event_id)
        .where(WebhookDelivery.webhook_id == webhook.id)
    )
    if wanted.state is not None:
        statement = statement.where(WebhookDelivery.state == wanted.state)
    if wanted.kind is not None:
        statement = statement.where(WebhookDelivery.kind == wanted.kind)
    if wanted.topic is not None:
        statement = statement.where(WebhookEvent.topic == wanted.topic)
    if wanted.event_id is not None:
        statement = statement.where(WebhookDelivery.event_id == wanted.event_id)
    return await paginate(
        session,
        statement,
        keys=[WebhookDelivery.seq.desc()],
        params=wanted,
        item=lambda row: DeliveryOut.of(row[0], row[1]),
    )


async def find_delivery(
    session: AsyncSession, webhook: Webhook, delivery_id: UUID, *, lock: bool = False
) -> tuple[WebhookDelivery, WebhookEvent]:
    """One delivery of a webhook and its event. Raises 404."""
    wanted = (
        select(WebhookDelivery, WebhookEvent)
        .join(WebhookEvent, WebhookEvent.id == WebhookDelivery.event_id)
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.webhook_id == webhook.id)
    )
    row = (await session.execute(wanted.with_for_update(of=WebhookDelivery) if lock else wanted)).one_or_none()
    if row is None:
        raise not_found("webhook delivery")
    return row[0], row[1]


async def show_delivery(session: AsyncSession, webhook: Webhook, delivery_id: UUID) -> DeliveryWithAttempts:
    """One delivery with its tries, the latest first."""
    delivery, event = await find_delivery(session, webhook, delivery_id)
    tries = await session.scalars(
        select(WebhookAttempt)
        .where(WebhookAttempt.delivery_seq == delivery.seq)
        .order_by(WebhookAttempt.seq.desc())
        .limit(100)
    )
    return DeliveryWithAttempts.with_tries(delivery, event, tries.all())
