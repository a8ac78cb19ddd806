"""Tables that every database of the suite has: event log, cursors, parked events, idempotency rows, case numbers.

They are Core tables on their own metadata, so that each service's migrations can check them beside its own tables.
The triggers and grants that guard them live in `shared.kernel_schema`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

KERNEL = MetaData()

event_log = Table(
    "event_log",
    KERNEL,
    Column("seq", BigInteger, Identity(always=True), nullable=False),
    Column("id", Uuid, nullable=False),
    Column("topic", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("aggregate_id", Uuid, nullable=False),
    Column("aggregate_version", Integer, nullable=False),
    Column("actor", Text, nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("attributes", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("epoch", Integer),
    Column("position", BigInteger),
    Column("hash", LargeBinary),
    PrimaryKeyConstraint("seq", name="pk_event_log"),
    UniqueConstraint("id", name="uq_event_log_id"),
    UniqueConstraint("topic", "aggregate_id", "aggregate_version", name="uq_event_log_aggregate_version"),
    UniqueConstraint("topic", "position", "epoch", name="uq_event_log_position"),
    CheckConstraint(
        "(position IS NULL) = (hash IS NULL) AND (position IS NULL) = (epoch IS NULL)", name="ck_event_log_sequenced"
    ),
    CheckConstraint("position IS NULL OR position > 0", name="ck_event_log_position_positive"),
    CheckConstraint("aggregate_version > 0", name="ck_event_log_aggregate_version_positive"),
    Index("ix_event_log_unsequenced", "topic", "seq", postgresql_where=text("position IS NULL")),
    Index("ix_event_log_aggregate", "aggregate_id", "seq"),
)

topic_head = Table(
    "topic_head",
    KERNEL,
    Column("topic", Text, nullable=False),
    Column("epoch", Integer, nullable=False, server_default=text("1")),
    Column("position", BigInteger, nullable=False, server_default=text("0")),
    Column("hash", LargeBinary, nullable=False, server_default=text("''::bytea")),
    PrimaryKeyConstraint("topic", name="pk_topic_head"),
    CheckConstraint("position >= 0 AND epoch > 0", name="ck_topic_head_position"),
)

relay_cursor = Table(
    "relay_cursor",
    KERNEL,
    Column("topic", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    PrimaryKeyConstraint("topic", name="pk_relay_cursor"),
)

consumer_cursor = Table(
    "consumer_cursor",
    KERNEL,
    Column("topic", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("moved_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("topic", name="pk_consumer_cursor"),
)

event_attempt = Table(
    "event_attempt",
    KERNEL,
    Column("event_id", Uuid, nullable=False),
    Column("topic", Text, nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    Column("last_error", Text, nullable=False),
    PrimaryKeyConstraint("event_id", name="pk_event_attempt"),
)

parked_event = Table(
    "parked_event",
    KERNEL,
    Column("event_id", Uuid, nullable=False),
    Column("topic", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("aggregate_id", Uuid, nullable=False),
    Column("attributes", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("behind", Uuid),
    Column("parked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("applied_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("event_id", name="pk_parked_event"),
    UniqueConstraint("topic", "epoch", "position", name="uq_parked_event_position"),
    Index("ix_parked_event_open", "topic", "aggregate_id", postgresql_where=text("applied_at IS NULL")),
)

idempotency_key = Table(
    "idempotency_key",
    KERNEL,
    Column("client", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("request_hash", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("client", "route", "key", name="pk_idempotency_key"),
    CheckConstraint("status BETWEEN 200 AND 299", name="ck_idempotency_key_success_only"),
    Index("ix_idempotency_key_created_at", "created_at"),
)

case_counter = Table(
    "case_counter",
    KERNEL,
    Column("prefix", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    PrimaryKeyConstraint("prefix", "year", name="pk_case_counter"),
    CheckConstraint("last > 0", name="ck_case_counter_last_positive"),
)
