"""From the logs to deliveries: a topic is read by position, and a cursor moves in the transaction that writes what is
due, so that whatever is killed when, nothing is lost and nothing skipped.

Webhooks at one position are read for together; one that is far behind costs the others nothing. A webhook that has
enough waiting is not read for: the log keeps what it has not got yet, for as long as it takes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.feed.queries import cloud_event
from gateway.feed.rules import is_of_mode
from gateway.feed.sources import LoggedEvent, LogPage, Logs, Stretch
from gateway.webhooks.models import (
    ACTIVE,
    EVENT,
    PENDING,
    Webhook,
    WebhookDelivery,
    WebhookEvent,
    WebhookTopic,
    table_of,
)
from gateway.webhooks.rights import chosen_topics, freed_soon, right_lost
from gateway.webhooks.rules import EPOCH_CHANGED, names_for, topic_named
from gateway.webhooks.turns import Turns
from gateway.webhooks.usecases import stop_webhook
from shared.bulk import insert_rows
from shared.db import Database
from shared.ids import uuid7
from shared.logging import get_logger

STRETCH: Final = 200
MOST_WAITING: Final = 1000
"""Deliveries of one webhook that wait, before more of the logs is read for it."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a webhook is in a topic."""

    webhook_id: UUID
    livemode: bool
    types: frozenset[str]
    epoch: int
    position: int


class Reading:
    """Reads for the webhooks of one database."""

    def __init__(self, db: Database, logs: Logs, turns: Turns, *, simulated: bool) -> None:
        self._db = db
        self._turns = turns
        self._logs = logs
        self._simulated = simulated

    async def topics(self) -> list[str]:
        """Topics that some active webhook wants."""
        wanted = (
            select(WebhookTopic.topic)
            .join(Webhook, Webhook.id == WebhookTopic.webhook_id)
            .where(Webhook.status == ACTIVE)
            .distinct()
        )
        async with self._db.transaction() as session:
            return list(await session.scalars(wanted))

    async def read(self, name: str) -> bool:
        """Read the topic once from every position at which a webhook is; whether there may be more at once.

        Raises PeerUnavailable if the log's owner does not answer.
        """
        topic = topic_named(name)
        if topic is None:
            return False
        together: dict[int, list[Cursor]] = defaultdict(list)
        for cursor in await self._cursors(name):
            together[cursor.position].append(cursor)
        more = False
        for position in sorted(together):
            page = await self._logs.read(topic, Stretch(position, STRETCH, 0))
            for cursor in together[position]:
                more |= await self._advance(name, cursor, page)
        return more

    async def _cursors(self, name: str) -> list[Cursor]:
        waiting = (
            select(WebhookDelivery.seq)
            .where(WebhookDelivery.webhook_id == Webhook.id, WebhookDelivery.state == PENDING)
            .offset(MOST_WAITING - 1)
            .limit(1)
        )
        wanted = (
            select(
                Webhook.id,
                Webhook.livemode,
                WebhookTopic.types,
                WebhookTopic.epoch,
                WebhookTopic.position,
            )
            .join(WebhookTopic, WebhookTopic.webhook_id == Webhook.id)
            .where(WebhookTopic.topic == name, Webhook.status == ACTIVE, ~exists(waiting.correlate(Webhook)))
        )
        async with self._db.transaction() as session:
            return [
                Cursor(webhook_id, livemode, frozenset(types), epoch, position)
                for webhook_id, livemode, types, epoch, position in await session.execute(wanted)
            ]

    async def _advance(self, name: str, cursor: Cursor, page: LogPage) -> bool:
        """Write what of the page is for one webhook, and move its cursor; whether it moved."""
        if page.epoch != cursor.epoch or page.head < cursor.position:
            async with self._turns.of(cursor.webhook_id):
                await self._db.run(lambda session: self._stop(session, name, cursor))
            return False
        if not page.items:
            return False
        async with self._turns.of(cursor.webhook_id):
            return await self._db.run(lambda session: self._write(session, name, cursor, page.items))

    async def _write(self, session: AsyncSession, name: str, cursor: Cursor, items: Sequence[LoggedEvent]) -> bool:
        webhook = await self._unmoved(session, name, cursor)
        if webhook is None:
            return False
        reason = await right_lost(session, webhook)
        if reason is not None:
            await stop_webhook(session, webhook, reason, simulated=self._simulated)
            return False
        readable = names_for(name, webhook.role, await chosen_topics(session, webhook.role, webhook.account_id))
        names = readable & cursor.types if cursor.types else readable
        due = [
            item
            for item in items
            if item.attributes.get("type") in names and is_of_mode(item.data, livemode=cursor.livemode)
        ]
        await _deliver(session, cursor.webhook_id, name, due)
        await session.execute(
            update(WebhookTopic).where(*_of(name, cursor)).values(position=items[-1].position),
            execution_options={"synchronize_session": False},
        )
        return True

    async def _stop(self, session: AsyncSession, name: str, cursor: Cursor) -> None:
        webhook = await self._unmoved(session, name, cursor)
        if webhook is not None:
            log.warning("webhook-log-restored", webhook_id=str(webhook.id), topic=name, position=cursor.position)
            await stop_webhook(session, webhook, EPOCH_CHANGED, topic=name, simulated=self._simulated)

    async def _unmoved(self, session: AsyncSession, name: str, cursor: Cursor) -> Webhook | None:
        """The locked webhook if its cursor is where it was when the page was read; None if somebody moved it since."""
        webhook: Webhook | None = await session.scalar(
            select(Webhook, freed_soon())
            .where(Webhook.id == cursor.webhook_id, Webhook.status == ACTIVE)
            .with_for_update(of=Webhook)
        )
        place = select(WebhookTopic.position).where(
            *_of(name, cursor), WebhookTopic.position == cursor.position, WebhookTopic.epoch == cursor.epoch
        )
        if webhook is None or await session.scalar(place.with_for_update()) is None:
            return None
        return webhook


def _of(name: str, cursor: Cursor) -> tuple[ColumnElement[bool], ...]:
    return WebhookTopic.webhook_id == cursor.webhook_id, WebhookTopic.topic == name


async def _deliver(session: AsyncSession, webhook_id: UUID, topic: str, due: Sequence[LoggedEvent]) -> None:
    """A delivery for each event, in the order of the log; the body is stored once for all webhooks."""
    if not due:
        return
    bodies = [
        {
            "id": UUID(event.attributes["id"]),
            "topic": topic,
            "type": event.attributes["type"],
            "position": event.position,
            "body": cloud_event(event),
        }
        for event in due
    ]
    # Touching the row that is there keeps it from being swept before this transaction refers to it.
    stored = insert(WebhookEvent)
    await session.execute(
        stored.on_conflict_do_update(index_elements=[WebhookEvent.id], set_={"created_at": func.now()}), bodies
    )
    rows = [
        {"id": uuid7(), "webhook_id": webhook_id, "event_id": body["id"], "kind": EVENT, "state": PENDING}
        for body in bodies
    ]
    await insert_rows(session, table_of(WebhookDelivery), rows)
