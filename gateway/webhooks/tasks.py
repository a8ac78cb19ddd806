"""What waits for the owners of webhooks: those that have stopped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from gateway.webhooks.models import STOPPED, Webhook
from gateway.webhooks.rules import ROLES, owners_of
from shared.clock import BUSINESS_ZONE
from shared.livemode import of_mode
from shared.tasks import Asked, TaskSource, Waiting


async def _stopped(asked: Asked) -> Sequence[Waiting]:
    statement = (
        select(Webhook)
        .where(
            Webhook.status == STOPPED, Webhook.owner.in_(owners_of(asked.principal)), of_mode(Webhook, asked.principal)
        )
        .order_by(Webhook.status_since, Webhook.id)
        .limit(asked.limit)
    )
    return [
        Waiting(
            id=webhook.id,
            subject_id=webhook.id,
            no=None,
            since=webhook.status_since.astimezone(BUSINESS_ZONE).date(),
            due_on=None,
            params={"reason": webhook.reason},
        )
        for webhook in await asked.session.scalars(statement)
    ]


SOURCES: Final = (
    TaskSource.of("webhook_stopped", ROLES, "/v1/webhooks/{id}", _stopped, message="task-webhook-stopped"),
)
