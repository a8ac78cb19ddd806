"""Webhooks: who gets which events where, how far each has been read, and every delivery with its attempts."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_REASONS = "'gone', 'failing', 'epoch_changed', 'account_disabled', 'right_lost'"


def upgrade() -> None:
    _create_webhook()
    _create_parts()
    _create_event()
    _create_delivery()
    _create_attempt()


def _create_webhook() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("livemode", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("ordered", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("stopped_topic", sa.Text()),
        sa.Column("status_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True)),
        sa.Column("retry_at", sa.DateTime(timezone=True)),
        sa.Column("succeeded_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
        sa.CheckConstraint("role IN ('bank', 'bureau', 'guarantor')", name=op.f("ck_webhook_role_known")),
        sa.CheckConstraint(
            "status IN ('active', 'paused', 'stopped', 'deleted')", name=op.f("ck_webhook_status_known")
        ),
        sa.CheckConstraint("(status = 'stopped') = (reason IS NOT NULL)", name=op.f("ck_webhook_reason_given")),
        sa.CheckConstraint(f"reason IN ({_REASONS})", name=op.f("ck_webhook_reason_known")),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_webhook_failures_not_negative")),
        sa.CheckConstraint("(failures = 0) = (failing_since IS NULL)", name=op.f("ck_webhook_failing_whole")),
    )
    op.create_index("ix_webhook_owner_id", "webhook", ["owner", "id"])
    op.create_index(
        "uq_webhook_owner_url",
        "webhook",
        ["owner", "livemode", "url"],
        unique=True,
        postgresql_where=sa.text("status <> 'deleted'"),
    )


def _create_parts() -> None:
    op.create_table(
        "webhook_topic",
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("types", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("webhook_id", "topic", name="pk_webhook_topic"),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_topic_webhook_id")),
        sa.CheckConstraint("epoch > 0 AND position >= 0", name=op.f("ck_webhook_topic_cursor")),
    )
    op.create_index("ix_webhook_topic_topic", "webhook_topic", ["topic"])
    op.create_table(
        "webhook_secret",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_secret"),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_secret_webhook_id")),
    )
    op.create_index("ix_webhook_secret_webhook_id", "webhook_secret", ["webhook_id"])
    op.create_index("ix_webhook_secret_key_id", "webhook_secret", ["key_id"])
    op.create_index(
        "uq_webhook_secret_current",
        "webhook_secret",
        ["webhook_id"],
        unique=True,
        postgresql_where=sa.text("ends_at IS NULL"),
    )


def _create_event() -> None:
    op.create_table(
        "webhook_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_event"),
    )
    op.create_index("ix_webhook_event_created_at", "webhook_event", ["created_at"])


def _create_delivery() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()")),
        sa.Column("first_attempt_at", sa.DateTime(timezone=True)),
        sa.Column("claim", sa.Uuid()),
        sa.Column("claimed_until", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("last_status", sa.SmallInteger()),
        sa.Column("last_error", sa.Text()),
        sa.PrimaryKeyConstraint("seq", name="pk_webhook_delivery"),
        sa.UniqueConstraint("id", name="uq_webhook_delivery_id"),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id")),
        sa.ForeignKeyConstraint(["event_id"], ["webhook_event.id"], name=op.f("fk_webhook_delivery_event_id")),
        sa.CheckConstraint("kind IN ('event', 'resend', 'ping')", name=op.f("ck_webhook_delivery_kind_known")),
        sa.CheckConstraint(
            "state IN ('pending', 'delivered', 'failed', 'cancelled')", name=op.f("ck_webhook_delivery_state_known")
        ),
        sa.CheckConstraint(
            "(state = 'pending') = (ended_at IS NULL) AND (state = 'pending') = (next_attempt_at IS NOT NULL)",
            name=op.f("ck_webhook_delivery_end_whole"),
        ),
        sa.CheckConstraint("(claim IS NULL) = (claimed_until IS NULL)", name=op.f("ck_webhook_delivery_claim_whole")),
    )
    waiting = sa.text("state = 'pending'")
    op.create_index("ix_webhook_delivery_waiting", "webhook_delivery", ["webhook_id", "seq"], postgresql_where=waiting)
    op.create_index("ix_webhook_delivery_due", "webhook_delivery", ["next_attempt_at"], postgresql_where=waiting)
    op.create_index("ix_webhook_delivery_webhook_id_seq", "webhook_delivery", ["webhook_id", "seq"])
    op.create_index("ix_webhook_delivery_event_id", "webhook_delivery", ["event_id"])
    op.create_index("ix_webhook_delivery_ended_at", "webhook_delivery", ["ended_at"])


def _create_attempt() -> None:
    op.create_table(
        "webhook_attempt",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("delivery_seq", sa.BigInteger(), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("status", sa.SmallInteger()),
        sa.Column("error", sa.Text()),
        sa.Column("answer", sa.Text()),
        sa.PrimaryKeyConstraint("seq", name="pk_webhook_attempt"),
        sa.ForeignKeyConstraint(
            ["delivery_seq"],
            ["webhook_delivery.seq"],
            name=op.f("fk_webhook_attempt_delivery_seq"),
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("char_length(answer) <= 200", name=op.f("ck_webhook_attempt_answer_short")),
    )
    op.create_index("ix_webhook_attempt_delivery_seq", "webhook_attempt", ["delivery_seq"])


def downgrade() -> None:
    raise NotImplementedError("forward only: restore a backup instead")
