"""From deliveries to attempts: claimed in one transaction, tried without any, settled in another."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.settings import GatewaySettings
from gateway.webhooks.claiming import Job, claim_due, lock_webhook
from gateway.webhooks.models import (
    ACTIVE,
    DELETED,
    DELIVERED,
    FAILED,
    PENDING,
    PING,
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
)
from gateway.webhooks.rules import FAILING, GONE, MOST_PER_ENDPOINT, Retrying, retry_after
from gateway.webhooks.sending import Outcome, Sender
from gateway.webhooks.signing import sign
from gateway.webhooks.turns import Turns
from gateway.webhooks.usecases import stop_webhook
from shared.clock import utcnow
from shared.db import Database
from shared.logging import get_logger

MARGIN_SECONDS: Final = 5.0
"""How much longer a claim lasts than an attempt may take."""

ATTEMPTS: Final = Counter("mengchuang_webhook_attempts", "Attempts to deliver to webhooks", ["outcome"])

log = get_logger(__name__)


class Delivering:
    """The deliveries of one database, as one process makes them."""

    def __init__(self, db: Database, settings: GatewaySettings, sender: Sender, turns: Turns) -> None:
        self._db = db
        self._turns = turns
        self._settings = settings
        self._sender = sender
        self._retrying = Retrying(settings.webhook_retry_seconds)
        self._simulated = settings.business_clock == "simulated"
        self._held: dict[UUID, int] = {}

    async def due(self) -> list[UUID]:
        """Webhooks that have something to be tried now."""
        now = func.now()
        free = or_(WebhookDelivery.claimed_until.is_(None), WebhookDelivery.claimed_until <= now)
        ready = (Webhook.status == ACTIVE) & or_(Webhook.retry_at.is_(None), Webhook.retry_at <= now)
        wanted = (
            select(WebhookDelivery.webhook_id)
            .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
            .where(
                WebhookDelivery.state == PENDING,
                WebhookDelivery.next_attempt_at <= now,
                free,
                or_(ready, (WebhookDelivery.kind == PING) & (Webhook.status != DELETED)),
            )
            .distinct()
        )
        async with self._db.transaction() as session:
            return list(await session.scalars(wanted))

    async def serve(self, webhook_id: UUID) -> None:
        """Try what is due for one webhook until nothing is, as many at a time as it may have."""
        running: set[asyncio.Task[None]] = set()
        try:
            while True:
                # Several at a time, when there is room for several: each claim is a transaction.
                for job in await self._claim(webhook_id) if len(running) <= MOST_PER_ENDPOINT // 2 else ():
                    running.add(asyncio.create_task(self._attempt(job), name=f"webhook:{job.delivery_id}"))
                if not running:
                    return
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            for task in running:
                task.cancel()
            if running:
                await asyncio.wait(running)

    async def release(self) -> None:
        """Give back what this process still holds; the next one tries it at once."""
        if self._held:
            await self._give_back(list(self._held), tried=True)

    async def _give_back(self, claims: Sequence[UUID], *, tried: bool) -> None:
        """What was claimed and not `tried` was no attempt."""
        free: dict[str, object] = {"claim": None, "claimed_until": None}
        if not tried:
            free["attempts"] = WebhookDelivery.attempts - 1
        statement = update(WebhookDelivery).where(WebhookDelivery.claim.in_(claims)).values(free)
        async with self._db.transaction() as session:
            await session.execute(statement, execution_options={"synchronize_session": False})
        for claim in claims:
            self._held.pop(claim, None)

    async def _claim(self, webhook_id: UUID) -> list[Job]:
        lease = self._settings.webhook_timeout_seconds + MARGIN_SECONDS
        async with self._turns.of(webhook_id):
            started = asyncio.get_running_loop().time()
            jobs = await self._db.run(
                lambda session: claim_due(session, self._settings, webhook_id, lease=lease, until=started + lease)
            )
        self._held.update({job.claim: job.seq for job in jobs})
        return jobs

    async def _attempt(self, job: Job) -> None:
        if asyncio.get_running_loop().time() > job.until - self._settings.webhook_timeout_seconds:
            log.warning("webhook-claim-over", delivery_id=str(job.delivery_id))
            await self._give_back([job.claim], tried=False)
            return
        now = utcnow()
        headers = {
            "content-type": "application/cloudevents+json; charset=utf-8",
            "user-agent": "Mengchuang-Webhooks/1",
            "accept": "*/*",
            "accept-encoding": "identity",
            **sign(job.secrets, str(job.event_id), now, job.body),
        }
        outcome = await self._sender.send(job.url, headers, job.body.encode())
        ATTEMPTS.labels(
            "delivered" if outcome.delivered else outcome.error or f"{(outcome.status or 0) // 100}xx"
        ).inc()
        if not outcome.delivered:
            log.info(
                "webhook-attempt-failed",
                webhook_id=str(job.webhook_id),
                delivery_id=str(job.delivery_id),
                status=outcome.status,
                error=outcome.error,
                ms=outcome.milliseconds,
            )
        async with self._turns.of(job.webhook_id):
            await self._db.run(lambda session: self._settle(session, job, now, outcome))
        self._held.pop(job.claim, None)

    async def _settle(self, session: AsyncSession, job: Job, started: datetime, outcome: Outcome) -> None:
        """Write down what came of it. Without the claim somebody else tries it by now, and nothing is written."""
        found = await lock_webhook(session, job.webhook_id)
        delivery = await session.scalar(
            select(WebhookDelivery)
            .where(WebhookDelivery.seq == job.seq, WebhookDelivery.claim == job.claim)
            .with_for_update()
        )
        if found is None or delivery is None:
            log.warning("webhook-claim-lost", delivery_id=str(job.delivery_id))
            return
        webhook, now = found
        session.add(
            WebhookAttempt(
                delivery_seq=job.seq,
                attempted_at=started,
                milliseconds=outcome.milliseconds,
                status=outcome.status,
                error=outcome.error,
                answer=outcome.answer,
            )
        )
        delivery.claim = delivery.claimed_until = None
        delivery.last_status, delivery.last_error = outcome.status, outcome.error
        if outcome.delivered:
            _end(delivery, DELIVERED, now)
            _well(webhook, job.kind, now)
        elif job.kind == PING:
            _end(delivery, FAILED, now)
        else:
            await self._failed(session, webhook, delivery, outcome, now)

    async def _failed(
        self, session: AsyncSession, webhook: Webhook, delivery: WebhookDelivery, outcome: Outcome, now: datetime
    ) -> None:
        asked = retry_after(outcome.asked, now)
        webhook.failures += 1
        webhook.failing_since = webhook.failing_since or now
        wait = self._retrying.endpoint_wait(webhook.failures, asked=asked, pick=_pick())
        webhook.retry_at = now + timedelta(seconds=wait) if wait else None
        wait = self._retrying.next_wait(delivery.attempts, ordered=webhook.ordered, asked=asked, pick=_pick())
        delivery.next_attempt_at = now + timedelta(seconds=wait)
        if webhook.status != ACTIVE:
            return
        if outcome.status == 410:
            await stop_webhook(session, webhook, GONE, simulated=self._simulated)
        elif self._retrying.is_given_up(webhook.failing_since, now):
            await stop_webhook(session, webhook, FAILING, simulated=self._simulated)
        elif self._is_given_up(webhook, delivery, now):
            _end(delivery, FAILED, now)

    def _is_given_up(self, webhook: Webhook, delivery: WebhookDelivery, now: datetime) -> bool:
        """Only alone, if others got through meanwhile: an endpoint that takes nothing is stopped and loses nothing."""
        first = delivery.first_attempt_at or now
        others_came = webhook.succeeded_at is not None and webhook.succeeded_at > first
        return others_came and self._retrying.is_given_up(first, now)


def _end(delivery: WebhookDelivery, state: str, now: datetime) -> None:
    delivery.state, delivery.ended_at, delivery.next_attempt_at = state, now, None


def _well(webhook: Webhook, kind: str, now: datetime) -> None:
    """Something got through: the endpoint is well. A test event says nothing about how it takes the others."""
    if kind == PING:
        return
    webhook.succeeded_at = now
    if webhook.failures:
        webhook.failures, webhook.failing_since, webhook.retry_at = 0, None, None


def _pick() -> float:
    return random.random()  # noqa: S311  # spreads tries out, protects nothing
