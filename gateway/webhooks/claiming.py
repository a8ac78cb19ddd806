"""Which deliveries are tried now, and by whom: a claim is a row's own, and whoever holds it alone may try.

It lasts longer than an attempt can take. A process that is killed leaves claims that run out; one that was frozen finds
that it holds none any more. A claim counts as an attempt, so that an event that kills whoever sends it is not sent for
ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.sealing import keyring_of
from gateway.settings import GatewaySettings
from gateway.webhooks.models import (
    ACTIVE,
    DELETED,
    FAILED,
    PENDING,
    PING,
    Webhook,
    WebhookDelivery,
    WebhookEvent,
    WebhookSecret,
)
from gateway.webhooks.rights import freed_soon, right_lost
from gateway.webhooks.rules import MOST_PER_ENDPOINT, PROBED_AFTER
from gateway.webhooks.usecases import stop_webhook
from shared.sealing import Sealed


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt to be made: everything it needs, and until when (of the loop's clock) the claim holds."""

    seq: int
    delivery_id: UUID
    webhook_id: UUID
    kind: str
    claim: UUID
    url: str
    event_id: UUID
    body: str
    secrets: tuple[str, ...]
    until: float


async def claim_due(
    session: AsyncSession, settings: GatewaySettings, webhook_id: UUID, *, lease: float, until: float
) -> list[Job]:
    """Claim what may be tried now, for `lease` seconds; stop a webhook whose owner's rights have ended.

    Raises DomainError, KeyMissing or Unreadable where its secrets cannot be opened; nothing is claimed then.
    """
    found = await lock_webhook(session, webhook_id)
    if found is None or found[0].status == DELETED:
        return []
    webhook, now = found
    reason = await right_lost(session, webhook)
    if reason is not None:
        if webhook.status == ACTIVE:
            await stop_webhook(session, webhook, reason, simulated=settings.business_clock == "simulated")
        await _refuse_pings(session, webhook, reason)
        return []
    chosen = await _choose(session, webhook, now)
    if not chosen:
        return []
    secrets = await _secrets(session, settings, webhook.id)
    jobs = []
    for delivery, event in chosen:
        delivery.claim, delivery.claimed_until = uuid4(), now + timedelta(seconds=lease)
        delivery.attempts += 1
        delivery.first_attempt_at = delivery.first_attempt_at or now
        jobs.append(
            Job(
                seq=delivery.seq,
                delivery_id=delivery.id,
                webhook_id=webhook.id,
                kind=delivery.kind,
                claim=delivery.claim,
                url=webhook.url,
                event_id=event.id,
                body=event.body,
                secrets=secrets,
                until=until,
            )
        )
    return jobs


async def _choose(session: AsyncSession, webhook: Webhook, now: datetime) -> list[tuple[WebhookDelivery, WebhookEvent]]:
    """What may be tried now. The webhook is locked: nobody else claims for it meanwhile."""
    pending = (
        select(WebhookDelivery, WebhookEvent)
        .join(WebhookEvent, WebhookEvent.id == WebhookDelivery.event_id)
        .where(WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.state == PENDING)
        .with_for_update(of=WebhookDelivery)
    )
    free = or_(WebhookDelivery.claimed_until.is_(None), WebhookDelivery.claimed_until <= now)
    due = WebhookDelivery.next_attempt_at <= now
    pings = await session.execute(pending.where(WebhookDelivery.kind == PING, free, due))
    chosen = [(row[0], row[1]) for row in pings]
    if webhook.status != ACTIVE or (webhook.retry_at is not None and webhook.retry_at > now):
        return chosen
    in_turn = pending.where(WebhookDelivery.kind != PING)
    under_way = await session.scalar(
        select(func.count())
        .select_from(WebhookDelivery)
        .where(
            WebhookDelivery.webhook_id == webhook.id,
            WebhookDelivery.state == PENDING,
            WebhookDelivery.kind != PING,
            WebhookDelivery.claimed_until > now,
        )
    )
    most = 1 if webhook.ordered or webhook.failures >= PROBED_AFTER else MOST_PER_ENDPOINT
    room = most - (under_way or 0)
    if room <= 0:
        return chosen
    if webhook.ordered:
        head = (await session.execute(in_turn.order_by(WebhookDelivery.seq).limit(1))).one_or_none()
        if head is not None and (head[0].next_attempt_at or now) <= now:
            chosen.append((head[0], head[1]))
        return chosen
    found = await session.execute(
        in_turn.where(free, due).order_by(WebhookDelivery.next_attempt_at, WebhookDelivery.seq).limit(room)
    )
    return chosen + [(row[0], row[1]) for row in found]


async def _secrets(session: AsyncSession, settings: GatewaySettings, webhook_id: UUID) -> tuple[str, ...]:
    """The new one first."""
    keys = keyring_of(settings)
    rows = await session.scalars(
        select(WebhookSecret)
        .where(
            WebhookSecret.webhook_id == webhook_id,
            or_(WebhookSecret.ends_at.is_(None), WebhookSecret.ends_at > func.now()),
        )
        .order_by(WebhookSecret.created_at.desc())
    )
    return tuple(keys.unseal(row.id, Sealed(row.key_id, row.sealed_secret)) for row in rows)


async def lock_webhook(session: AsyncSession, webhook_id: UUID) -> tuple[Webhook, datetime] | None:
    """The locked webhook and the database's time: processes' clocks may differ, and claims are counted by it."""
    wanted = select(Webhook, func.clock_timestamp(), freed_soon()).where(Webhook.id == webhook_id)
    row = (await session.execute(wanted.with_for_update(of=Webhook))).one_or_none()
    return None if row is None else (row[0], row[1])


async def _refuse_pings(session: AsyncSession, webhook: Webhook, reason: str) -> None:
    await session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.kind == PING, WebhookDelivery.state == PENDING)
        .values(state=FAILED, ended_at=func.now(), next_attempt_at=None, last_error=reason),
        execution_options={"synchronize_session": False},
    )
