"""Webhooks and their deliveries as sent and shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, SecretStr

from gateway.webhooks.models import Webhook, WebhookAttempt, WebhookDelivery, WebhookEvent, WebhookSecret, WebhookTopic
from gateway.webhooks.targets import MOST_CHARACTERS
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response

TopicName = Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z_]+$", max_length=100)]
TypeName = Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z_]+\.[a-z_]+\.v[0-9]{1,3}$", max_length=150)]
Position = Annotated[int, Field(ge=0, le=2**63 - 1)]
Url = Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS, description="https, reachable from the internet")]
Secret = Annotated[SecretStr, Field(max_length=200, description="`whsec_` and 24 to 64 random bytes in base64")]
Status = Literal["active", "paused", "stopped", "deleted"]
Reason = Literal["gone", "failing", "epoch_changed", "account_disabled", "right_lost"]
Kind = Literal["event", "resend", "ping"]
State = Literal["pending", "delivered", "failed", "cancelled"]

_AFTER = Field(default=None, description="events after this position; left out: those that happen from now on")


class TopicWanted(Request):
    """A topic, its event types (none: all that one may read) and where to begin."""

    topic: TopicName
    types: list[TypeName] = Field(default_factory=list, max_length=100)
    after: Position | None = _AFTER


Topics = Annotated[list[TopicWanted], Field(min_length=1, max_length=50)]


class WebhookNew(Request):
    """A new webhook. `ordered`: one event at a time, and none before those that came earlier."""

    url: Url
    description: str | None = Field(default=None, max_length=200)
    topics: Topics
    ordered: bool = False
    secret: Secret | None = Field(default=None, description="one's own; left out: one is made and shown once")


class WebhookPatch(Request):
    """What is left out stays. `topics` replaces the list; a topic that stays goes on where it is."""

    url: Url | None = None
    description: str | None = Field(default=None, max_length=200)
    topics: Topics | None = None
    ordered: bool | None = None


class Rotation(Request):
    """A new secret; both sign for so many hours."""

    secret: Secret | None = Field(default=None, description="one's own; left out: one is made and shown once")
    keep_hours: int = Field(default=24, ge=0, le=168)


class Replay(Request):
    """Send a topic's events again, those after a position."""

    topic: TopicName
    after: Position


class WebhookFilter(PageParams):
    """Which webhooks to list."""

    status: Literal["active", "paused", "stopped"] | None = None


class DeliveryFilter(PageParams):
    """Which deliveries to list."""

    state: State | None = None
    kind: Kind | None = None
    topic: TopicName | None = None
    event_id: UUID | None = None


class TopicOut(Response):
    """A topic and how far its log has been turned into deliveries."""

    topic: str
    types: list[str]
    epoch: int
    position: int


class SecretOut(Response):
    """A secret that signs; `ends_at` for the one that was replaced. The secret itself is not shown again."""

    id: UUID
    created_at: datetime
    ends_at: datetime | None


class WebhookOut(Response):
    """A webhook. `failing_since`: nothing has got through since then; `retry_at`: the next try where all fails."""

    id: UUID
    url: str
    description: str | None
    role: str
    livemode: bool
    ordered: bool
    status: Status
    reason: Reason | None
    stopped_topic: str | None
    status_since: datetime
    topics: list[TopicOut]
    secrets: list[SecretOut]
    failures: int
    failing_since: datetime | None
    retry_at: datetime | None
    succeeded_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, webhook: Webhook, topics: Sequence[WebhookTopic], secrets: Sequence[WebhookSecret]) -> WebhookOut:
        """Show a webhook with its parts."""
        return cls(
            **{name: getattr(webhook, name) for name in cls.model_fields if name not in ("topics", "secrets")},
            topics=[TopicOut.model_validate(topic) for topic in topics],
            secrets=[SecretOut.model_validate(secret) for secret in secrets],
        )


class WebhookWithSecret(Response):
    """A webhook and the secret that signs from now on, this once; null where the owner brought it."""

    webhook: WebhookOut
    secret: str | None


class DeliveryOut(Response):
    """An event on its way. `event_id` is the header webhook-id, the same at every attempt and when sent again."""

    id: UUID
    webhook_id: UUID
    event_id: UUID
    topic: str
    type: str
    position: int | None
    kind: Kind
    state: State
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    ended_at: datetime | None
    last_status: int | None
    last_error: str | None

    @classmethod
    def of(cls, delivery: WebhookDelivery, event: WebhookEvent) -> DeliveryOut:
        """Show a delivery and what of its event is not the body."""
        return cls.model_validate(_merged(delivery, event))


class AttemptOut(Response):
    """One try: the answer's status, or why there was none, and the beginning of an answer that was not 2xx."""

    attempted_at: datetime
    milliseconds: int
    status: int | None
    error: str | None
    answer: str | None


class DeliveryWithAttempts(DeliveryOut):
    """A delivery and its tries, the latest first."""

    tries: list[AttemptOut]

    @classmethod
    def with_tries(
        cls, delivery: WebhookDelivery, event: WebhookEvent, tries: Sequence[WebhookAttempt]
    ) -> DeliveryWithAttempts:
        """Show a delivery with its tries."""
        shown = [AttemptOut.model_validate(attempt) for attempt in tries]
        return cls.model_validate({**_merged(delivery, event), "tries": shown})


def _merged(delivery: WebhookDelivery, event: WebhookEvent) -> dict[str, object]:
    of_event = {name: getattr(event, name) for name in ("topic", "type", "position")}
    names = set(DeliveryOut.model_fields) - set(of_event)
    return {**{name: getattr(delivery, name) for name in names}, **of_event}
