"""Webhooks: where owners have events sent to. No addresses: they may hold a receiver's secrets."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

WEBHOOK = Topic("gateway.webhook", "Webhooks (事件推送)")


class WebhookState(EventData):
    """A webhook as it is now; its id is the subject."""

    account_id: UUID
    role: Literal["bank", "bureau", "guarantor"]
    livemode: bool
    topics: tuple[str, ...]
    ordered: bool
    status: Literal["active", "paused", "stopped", "deleted"]
    reason: Literal["gone", "failing", "epoch_changed", "account_disabled", "right_lost"] | None


WebhookCreated = EventType(
    WEBHOOK, "gateway.webhook.created.v1", WebhookState, Audience.INTERNAL, "events are sent to an address from now on"
)
WebhookChanged = EventType(
    WEBHOOK,
    "gateway.webhook.changed.v1",
    WebhookState,
    Audience.INTERNAL,
    "address, topics, secret or position were changed, or the owner paused it or let it go on",
)
WebhookStopped = EventType(
    WEBHOOK, "gateway.webhook.stopped.v1", WebhookState, Audience.INTERNAL, "nothing is sent until the owner acts"
)
WebhookDeleted = EventType(
    WEBHOOK, "gateway.webhook.deleted.v1", WebhookState, Audience.INTERNAL, "the owner removed it"
)
