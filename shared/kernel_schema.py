"""The kernel's schema as migrations make it: tables, the triggers that guard them, the run-time role's rights.

A service's first migration calls `create_kernel`. Later changes to the kernel are additive functions beside it,
called by a new migration of each service.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol

_TABLES = (
    """
    CREATE TABLE case_counter (
        prefix TEXT NOT NULL,
        year INTEGER NOT NULL,
        last INTEGER NOT NULL,
        CONSTRAINT pk_case_counter PRIMARY KEY (prefix, year),
        CONSTRAINT ck_case_counter_last_positive CHECK (last > 0)
    )
    """,
    """
    CREATE TABLE consumer_cursor (
        topic TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        position BIGINT NOT NULL,
        hash BYTEA NOT NULL,
        moved_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_consumer_cursor PRIMARY KEY (topic)
    )
    """,
    """
    CREATE TABLE event_attempt (
        event_id UUID NOT NULL,
        topic TEXT NOT NULL,
        attempts SMALLINT NOT NULL,
        last_error TEXT NOT NULL,
        CONSTRAINT pk_event_attempt PRIMARY KEY (event_id)
    )
    """,
    """
    CREATE TABLE event_log (
        seq BIGINT GENERATED ALWAYS AS IDENTITY,
        id UUID NOT NULL,
        topic TEXT NOT NULL,
        type TEXT NOT NULL,
        aggregate_id UUID NOT NULL,
        aggregate_version INTEGER NOT NULL,
        actor TEXT NOT NULL,
        effective_on DATE NOT NULL,
        recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        attributes TEXT NOT NULL,
        data TEXT NOT NULL,
        epoch INTEGER,
        position BIGINT,
        hash BYTEA,
        CONSTRAINT pk_event_log PRIMARY KEY (seq),
        CONSTRAINT uq_event_log_id UNIQUE (id),
        CONSTRAINT uq_event_log_aggregate_version UNIQUE (topic, aggregate_id, aggregate_version),
        CONSTRAINT uq_event_log_position UNIQUE (topic, position, epoch),
        CONSTRAINT ck_event_log_sequenced CHECK (
            (position IS NULL) = (hash IS NULL) AND (position IS NULL) = (epoch IS NULL)
        ),
        CONSTRAINT ck_event_log_position_positive CHECK (position IS NULL OR position > 0),
        CONSTRAINT ck_event_log_aggregate_version_positive CHECK (aggregate_version > 0)
    )
    """,
    """
    CREATE INDEX ix_event_log_aggregate ON event_log (aggregate_id, seq)
    """,
    """
    CREATE INDEX ix_event_log_unsequenced ON event_log (topic, seq) WHERE position IS NULL
    """,
    """
    CREATE TABLE idempotency_key (
        client TEXT NOT NULL,
        route TEXT NOT NULL,
        key TEXT NOT NULL,
        request_hash BYTEA NOT NULL,
        status SMALLINT NOT NULL,
        headers JSONB NOT NULL,
        body BYTEA NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_idempotency_key PRIMARY KEY (client, route, key),
        CONSTRAINT ck_idempotency_key_success_only CHECK (status BETWEEN 200 AND 299)
    )
    """,
    """
    CREATE INDEX ix_idempotency_key_created_at ON idempotency_key (created_at)
    """,
    """
    CREATE TABLE parked_event (
        event_id UUID NOT NULL,
        topic TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        position BIGINT NOT NULL,
        hash BYTEA NOT NULL,
        aggregate_id UUID NOT NULL,
        attributes TEXT NOT NULL,
        data TEXT NOT NULL,
        error TEXT NOT NULL,
        behind UUID,
        parked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        applied_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_parked_event PRIMARY KEY (event_id),
        CONSTRAINT uq_parked_event_position UNIQUE (topic, epoch, position)
    )
    """,
    """
    CREATE INDEX ix_parked_event_open ON parked_event (topic, aggregate_id) WHERE applied_at IS NULL
    """,
    """
    CREATE TABLE relay_cursor (
        topic TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        position BIGINT NOT NULL,
        CONSTRAINT pk_relay_cursor PRIMARY KEY (topic)
    )
    """,
    """
    CREATE TABLE topic_head (
        topic TEXT NOT NULL,
        epoch INTEGER DEFAULT 1 NOT NULL,
        position BIGINT DEFAULT 0 NOT NULL,
        hash BYTEA DEFAULT ''::bytea NOT NULL,
        CONSTRAINT pk_topic_head PRIMARY KEY (topic),
        CONSTRAINT ck_topic_head_position CHECK (position >= 0 AND epoch > 0)
    )
    """,
)

_WRITTEN_AT_ONCE = (
    "id, topic, type, aggregate_id, aggregate_version, actor, effective_on, recorded_at, attributes, data"
)
"""What the run-time role may insert; the place in the log only the sequencer's update gives."""

_GUARD_EVENT_LOG = """
CREATE FUNCTION guard_event_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'event_log is append-only' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.position IS NOT NULL
       OR (NEW.seq, NEW.id, NEW.topic, NEW.type, NEW.aggregate_id, NEW.aggregate_version, NEW.actor, NEW.effective_on,
           NEW.recorded_at, NEW.attributes, NEW.data)
          IS DISTINCT FROM
          (OLD.seq, OLD.id, OLD.topic, OLD.type, OLD.aggregate_id, OLD.aggregate_version, OLD.actor, OLD.effective_on,
           OLD.recorded_at, OLD.attributes, OLD.data) THEN
        RAISE EXCEPTION 'event_log: epoch, position and hash are written once, the rest never again'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""

_GUARD_APPEND_ONLY = """
CREATE FUNCTION guard_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""


class Executes(Protocol):
    """What of `alembic.op` is needed here."""

    def execute(self, sqltext: str, /) -> None:
        """Run one statement."""


def runtime_role() -> str | None:
    """The database role that the service runs under, or None where one role does everything."""
    role = os.environ.get("RUNTIME_ROLE")
    if role is not None and not role.replace("_", "").isalnum():
        raise ValueError("RUNTIME_ROLE must be a plain identifier")
    return role


def create_kernel(op: Executes) -> None:
    """Create the kernel's tables, guards and rights (first migration of every service)."""
    for statement in _TABLES:
        op.execute(statement)
    op.execute(_GUARD_EVENT_LOG)
    op.execute(_GUARD_APPEND_ONLY)
    op.execute(
        "CREATE TRIGGER event_log_guard BEFORE UPDATE OR DELETE ON event_log"
        " FOR EACH ROW EXECUTE FUNCTION guard_event_log()"
    )
    op.execute(
        "CREATE TRIGGER event_log_guard_truncate BEFORE TRUNCATE ON event_log"
        " FOR EACH STATEMENT EXECUTE FUNCTION guard_event_log()"
    )
    role = runtime_role()
    if role is not None:
        op.execute(f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON event_log FROM {role}")
        op.execute(f"GRANT INSERT ({_WRITTEN_AT_ONCE}) ON event_log TO {role}")
        op.execute(f"GRANT UPDATE (epoch, position, hash) ON event_log TO {role}")


def append_only(op: Executes, table: str, *, role_may_update: Sequence[str] = ()) -> None:
    """Make `table` append-only for everybody, or let the run-time role update only the named columns.

    With no columns named a trigger refuses UPDATE, DELETE and TRUNCATE, whoever asks. With columns named, DELETE and
    TRUNCATE are refused by the trigger and other columns by the lack of a grant.
    """
    events = "DELETE" if role_may_update else "UPDATE OR DELETE"
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE {events} ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION guard_append_only()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only_truncate BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION guard_append_only()"
    )
    role = runtime_role()
    if role is not None:
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}")
        if role_may_update:
            op.execute(f"GRANT UPDATE ({', '.join(role_may_update)}) ON {table} TO {role}")


def erasable(op: Executes, table: str, columns: Sequence[str]) -> None:
    """Let the run-time role empty these columns of a table that was append-only for everybody: what is said about a
    person in them can be erased. Rows still cannot be removed."""
    op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION guard_append_only()"
    )
    role = runtime_role()
    if role is not None:
        op.execute(f"GRANT UPDATE ({', '.join(columns)}) ON {table} TO {role}")
