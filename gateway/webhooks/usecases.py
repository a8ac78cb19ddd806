"""Webhooks: made, changed, paused, let go on and removed by their owners, and stopped where they cannot go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.models import Account
from gateway.webhooks.models import (
    ACTIVE,
    CANCELLED,
    DELETED,
    EVENT,
    PAUSED,
    PENDING,
    STOPPED,
    Webhook,
    WebhookDelivery,
    WebhookEvent,
    WebhookSecret,
    WebhookTopic,
)
from gateway.webhooks.recording import record
from gateway.webhooks.rights import may_read_all
from gateway.webhooks.rotating import add_secret
from gateway.webhooks.rules import EPOCH_CHANGED, owners_of, role_of
from shared.auth.principal import Principal
from shared.clock import business_today, utcnow
from shared.db import constraint_of
from shared.errors import DomainError, forbidden, invalid_transition
from shared.events.contracts.gateway import (
    WebhookChanged,
    WebhookCreated,
    WebhookDeleted,
    WebhookStopped,
)
from shared.events.outbox import EventContext
from shared.ids import uuid7
from shared.sealing import Keyring

MOST_WEBHOOKS: Final = 20


@dataclass(frozen=True, slots=True)
class Start:
    """A topic of a webhook: which types (none: all readable), and the position in which epoch to go on after. Without a
    position a topic that is there already goes on where it is."""

    topic: str
    types: tuple[str, ...]
    epoch: int
    head: int
    after: int | None


async def create_webhook(
    session: AsyncSession,
    principal: Principal,
    *,
    url: str,
    description: str | None,
    ordered: bool,
    starts: Sequence[Start],
    secret: str | None,
    keys: Keyring,
) -> tuple[Webhook, str | None]:
    """Make a webhook; returns it with the secret that was made for it, or None where the owner brought one.

    Raises 409 `webhook-exists` for a URL that the owner has already, so that a repeated request does no harm, and 409
    `webhook-too-many`.
    """
    account = await _account_of(session, principal)
    owner = owners_of(principal)[0]
    kept = await session.scalar(
        select(func.count()).where(Webhook.owner == owner, Webhook.status != DELETED).select_from(Webhook)
    )
    if (kept or 0) >= MOST_WEBHOOKS:
        raise DomainError("webhook-too-many", 409, params={"most": MOST_WEBHOOKS})
    webhook = Webhook(
        id=uuid7(),
        version=0,
        livemode=principal.livemode,
        owner=owner,
        role=role_of(owner),
        account_id=account.id,
        url=url,
        description=description,
        ordered=ordered,
        status=ACTIVE,
        status_since=utcnow(),
        failures=0,
    )
    session.add(webhook)
    await _flush(session)
    for start in starts:
        after = start.head if start.after is None else start.after
        session.add(
            WebhookTopic(
                webhook_id=webhook.id, topic=start.topic, types=list(start.types), epoch=start.epoch, position=after
            )
        )
    made = add_secret(session, webhook, secret, keys)
    await record(session, webhook, WebhookCreated, EventContext.of(principal))
    return webhook, made


async def change_webhook(
    session: AsyncSession,
    principal: Principal,
    webhook: Webhook,
    *,
    changed: Mapping[str, object],
    starts: Sequence[Start] | None,
) -> None:
    """Change the fields that are named, and the topics where a list is given. Raises 409 `webhook-exists`."""
    if "url" in changed and changed["url"] != webhook.url:
        webhook.failures, webhook.failing_since, webhook.retry_at = 0, None, None
    for field, value in changed.items():
        setattr(webhook, field, value)
    await _flush(session)
    if starts is not None:
        await _replace_topics(session, webhook, starts)
    await record(session, webhook, WebhookChanged, EventContext.of(principal))


async def _replace_topics(session: AsyncSession, webhook: Webhook, starts: Sequence[Start]) -> None:
    rows = await session.scalars(select(WebhookTopic).where(WebhookTopic.webhook_id == webhook.id).with_for_update())
    present = {row.topic: row for row in rows}
    for start in starts:
        row = present.pop(start.topic, None)
        if row is None:
            row = WebhookTopic(webhook_id=webhook.id, topic=start.topic, epoch=start.epoch, position=start.head)
            session.add(row)
        row.types = list(start.types)
        if start.after is not None:
            await _set_position(session, webhook, row, start.epoch, start.after)
    for topic, row in present.items():
        if webhook.stopped_topic == topic:
            webhook.stopped_topic = None
        await session.delete(row)
        await _cancel(session, webhook.id, topic, after=-1)
    await session.flush()


async def replay(
    session: AsyncSession, principal: Principal, webhook: Webhook, topic: str, *, epoch: int, after: int
) -> None:
    """Send the topic's events after a position again. What waits already and will be read again is cancelled.

    Raises 409 `webhook-topic-missing` for a topic that the webhook does not have.
    """
    row = await session.get(WebhookTopic, (webhook.id, topic), with_for_update=True)
    if row is None:
        raise DomainError("webhook-topic-missing", 409, params={"topic": topic})
    await _set_position(session, webhook, row, epoch, after)
    await record(session, webhook, WebhookChanged, EventContext.of(principal))


async def _set_position(session: AsyncSession, webhook: Webhook, row: WebhookTopic, epoch: int, after: int) -> None:
    row.epoch, row.position = epoch, after
    if webhook.stopped_topic == row.topic:
        webhook.stopped_topic = None
    await _cancel(session, webhook.id, row.topic, after=after)


async def _cancel(session: AsyncSession, webhook_id: UUID, topic: str | None = None, *, after: int = -1) -> None:
    """End what waits, or of it a topic's events after a position; what is under way right now may still arrive."""
    statement = update(WebhookDelivery).where(
        WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.state == PENDING
    )
    if topic is not None:
        events = select(WebhookEvent.id).where(WebhookEvent.topic == topic, WebhookEvent.position > after)
        statement = statement.where(WebhookDelivery.kind == EVENT, WebhookDelivery.event_id.in_(events))
    await session.execute(
        statement.values(state=CANCELLED, ended_at=func.now(), next_attempt_at=None, claim=None, claimed_until=None),
        execution_options={"synchronize_session": False},
    )


async def pause_webhook(session: AsyncSession, principal: Principal, webhook: Webhook) -> None:
    """Send nothing until the owner says so; the positions stay, so nothing is missed."""
    if webhook.status != ACTIVE:
        raise invalid_transition(webhook.status, [ACTIVE])
    _turn(webhook, PAUSED)
    await record(session, webhook, WebhookChanged, EventContext.of(principal))


async def resume_webhook(session: AsyncSession, principal: Principal, webhook: Webhook) -> None:
    """Go on where it stopped, with what waits first. From now on it is the caller's rights that count.

    Raises 409 `webhook-position-needed` where a log was restored, and 403 where something asked for is not for him.
    """
    if webhook.status not in (PAUSED, STOPPED):
        raise invalid_transition(webhook.status, [PAUSED, STOPPED])
    if webhook.reason == EPOCH_CHANGED and webhook.stopped_topic is not None:
        raise DomainError("webhook-position-needed", 409, params={"topic": webhook.stopped_topic})
    account = await _account_of(session, principal)
    if not await may_read_all(session, webhook, account.id):
        raise forbidden()
    webhook.account_id = account.id
    webhook.failures, webhook.failing_since, webhook.retry_at = 0, None, None
    _turn(webhook, ACTIVE)
    await _put_forward(session, webhook.id, first_attempt_at=None, attempts=0)
    await record(session, webhook, WebhookChanged, EventContext.of(principal))


async def retry_now(session: AsyncSession, webhook: Webhook) -> None:
    """Try everything that waits at once: the receiver is known to be well again."""
    if webhook.status != ACTIVE:
        raise invalid_transition(webhook.status, [ACTIVE])
    webhook.retry_at = None
    await _put_forward(session, webhook.id)


async def _put_forward(session: AsyncSession, webhook_id: UUID, **values: object) -> None:
    waiting = update(WebhookDelivery).where(
        WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.state == PENDING, WebhookDelivery.claim.is_(None)
    )
    await session.execute(
        waiting.values(next_attempt_at=func.now(), **values), execution_options={"synchronize_session": False}
    )


async def delete_webhook(session: AsyncSession, principal: Principal, webhook: Webhook) -> None:
    """Remove it: its secrets at once, its log of deliveries with the others."""
    await session.execute(delete(WebhookSecret).where(WebhookSecret.webhook_id == webhook.id))
    await _cancel(session, webhook.id)
    _turn(webhook, DELETED)
    await record(session, webhook, WebhookDeleted, EventContext.of(principal))


async def stop_webhook(
    session: AsyncSession, webhook: Webhook, reason: str, *, topic: str | None = None, simulated: bool = False
) -> None:
    """Nothing is sent until the owner acts; his list of tasks says so. What waits stays, and so do the positions."""
    _turn(webhook, STOPPED, reason)
    webhook.stopped_topic = topic
    context = EventContext("service:gateway", business_today(), str(uuid7()), simulated=simulated)
    await record(session, webhook, WebhookStopped, context)


def _turn(webhook: Webhook, status: str, reason: str | None = None) -> None:
    webhook.status, webhook.reason, webhook.status_since = status, reason, utcnow()
    webhook.stopped_topic = None


async def _account_of(session: AsyncSession, principal: Principal) -> Account:
    """The caller's account. Raises 403 where it has none here: deliveries could not be stopped with it."""
    account = await session.get(Account, UUID(principal.account_id))
    if account is None:
        raise forbidden()
    return account


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "uq_webhook_owner_url":
            raise DomainError("webhook-exists", 409) from error
        raise
