"""Webhooks, how far they have been read, their secrets, and what was sent."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gateway.base import Base
from gateway.webhooks.rules import REASONS
from shared.db import Aggregate
from shared.ids import uuid7
from shared.livemode import HasMode

ACTIVE: Final = "active"
PAUSED: Final = "paused"
STOPPED: Final = "stopped"
DELETED: Final = "deleted"

PENDING: Final = "pending"
DELIVERED: Final = "delivered"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"

EVENT: Final = "event"
RESEND: Final = "resend"
PING: Final = "ping"

_WAITING: Final = text("state = 'pending'")


class Webhook(HasMode, Aggregate, Base):
    """Where an owner wants events sent. `account_id` is whose rights count at each delivery.

    `failures` in a row and `failing_since` tell how the endpoint is; before `retry_at` nothing is tried.
    """

    __tablename__ = "webhook"
    __table_args__ = (
        CheckConstraint("role IN ('bank', 'bureau', 'guarantor')", name="role_known"),
        CheckConstraint("status IN ('active', 'paused', 'stopped', 'deleted')", name="status_known"),
        CheckConstraint("(status = 'stopped') = (reason IS NOT NULL)", name="reason_given"),
        CheckConstraint(f"reason IN ({', '.join(repr(reason) for reason in REASONS)})", name="reason_known"),
        CheckConstraint("failures >= 0", name="failures_not_negative"),
        CheckConstraint("(failures = 0) = (failing_since IS NULL)", name="failing_whole"),
        Index("ix_webhook_owner_id", "owner", "id"),
        Index(
            "uq_webhook_owner_url",
            "owner",
            "livemode",
            "url",
            unique=True,
            postgresql_where=text("status <> 'deleted'"),
        ),
    )

    owner: Mapped[str]
    role: Mapped[str]
    account_id: Mapped[UUID]
    url: Mapped[str]
    description: Mapped[str | None]
    ordered: Mapped[bool]
    status: Mapped[str]
    reason: Mapped[str | None]
    stopped_topic: Mapped[str | None]
    status_since: Mapped[datetime]
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    failing_since: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]


class WebhookTopic(Base):
    """A topic of a webhook and how far its log has been turned into deliveries; no `types` means all readable ones."""

    __tablename__ = "webhook_topic"
    __table_args__ = (
        CheckConstraint("epoch > 0 AND position >= 0", name="cursor"),
        Index("ix_webhook_topic_topic", "topic"),
    )

    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhook.id"), primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)
    types: Mapped[list[str]] = mapped_column(ARRAY(Text))
    epoch: Mapped[int]
    position: Mapped[int] = mapped_column(BigInteger)


class WebhookSecret(Base):
    """A signing secret, sealed and bound to its row; beside the current one at most one that ends."""

    __tablename__ = "webhook_secret"
    __table_args__ = (
        Index("ix_webhook_secret_webhook_id", "webhook_id"),
        Index("ix_webhook_secret_key_id", "key_id"),
        Index("uq_webhook_secret_current", "webhook_id", unique=True, postgresql_where=text("ends_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhook.id"))
    key_id: Mapped[str]
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]


class WebhookEvent(Base):
    """A body that is sent, once for all webhooks that get it: the same bytes at every attempt."""

    __tablename__ = "webhook_event"
    __table_args__ = (Index("ix_webhook_event_created_at", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    topic: Mapped[str]
    type: Mapped[str]
    position: Mapped[int | None] = mapped_column(BigInteger)
    body: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class WebhookDelivery(Base):
    """One event for one webhook; `seq` is the order. Whoever attempts it holds `claim` until `claimed_until`."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("id", name="uq_webhook_delivery_id"),
        CheckConstraint("kind IN ('event', 'resend', 'ping')", name="kind_known"),
        CheckConstraint("state IN ('pending', 'delivered', 'failed', 'cancelled')", name="state_known"),
        CheckConstraint(
            "(state = 'pending') = (ended_at IS NULL) AND (state = 'pending') = (next_attempt_at IS NOT NULL)",
            name="end_whole",
        ),
        CheckConstraint("(claim IS NULL) = (claimed_until IS NULL)", name="claim_whole"),
        Index("ix_webhook_delivery_waiting", "webhook_id", "seq", postgresql_where=_WAITING),
        Index("ix_webhook_delivery_due", "next_attempt_at", postgresql_where=_WAITING),
        Index("ix_webhook_delivery_webhook_id_seq", "webhook_id", "seq"),
        Index("ix_webhook_delivery_event_id", "event_id"),
        Index("ix_webhook_delivery_ended_at", "ended_at"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    id: Mapped[UUID] = mapped_column(default=uuid7)
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhook.id"))
    event_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_event.id"))
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default=PENDING, server_default=PENDING)
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    next_attempt_at: Mapped[datetime | None] = mapped_column(server_default=text("now()"))
    first_attempt_at: Mapped[datetime | None]
    claim: Mapped[UUID | None]
    claimed_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    last_status: Mapped[int | None] = mapped_column(SmallInteger)
    last_error: Mapped[str | None]


class WebhookAttempt(Base):
    """One try: what came back in how long; of an answer that refused, the beginning."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (
        CheckConstraint("char_length(answer) <= 200", name="answer_short"),
        Index("ix_webhook_attempt_delivery_seq", "delivery_seq"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    delivery_seq: Mapped[int] = mapped_column(ForeignKey("webhook_delivery.seq", ondelete="CASCADE"))
    attempted_at: Mapped[datetime]
    milliseconds: Mapped[int]
    status: Mapped[int | None] = mapped_column(SmallInteger)
    error: Mapped[str | None]
    answer: Mapped[str | None]


def table_of(model: type[Base]) -> Table:
    """The Core table of a model, for statements of many rows."""
    table = model.__table__
    assert isinstance(table, Table)
    return table
