"""What the audit's entries are found by, and counts that are not entries yet. The entries are in the event log."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.base import Base


class AuditEntry(Base):
    """One line for each event of `gateway.audit`, written with it and never changed; its id is the event's."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        UniqueConstraint("once", name="uq_audit_entry_once"),
        Index("ix_audit_entry_kind", "kind", "id"),
        Index("ix_audit_entry_account_id", "account_id", "id"),
        Index("ix_audit_entry_credential_id", "credential_id", "id"),
        Index("ix_audit_entry_subject_id", "subject_id", "id"),
        Index("ix_audit_entry_recorded_at", "recorded_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID]
    kind: Mapped[str]
    recorded_at: Mapped[datetime]
    account_id: Mapped[str | None]
    credential_id: Mapped[str | None]
    route: Mapped[str | None]
    code: Mapped[str | None]
    network: Mapped[str | None]
    once: Mapped[str | None]
    """What may be said once only: a credential, a network and a day."""


class AuditTally(Base):
    """A count of a while that is not over, or has only just ended; then it becomes an entry. `key` digests the rest."""

    __tablename__ = "audit_tally"
    __table_args__ = (
        CheckConstraint("octet_length(key) = 32", name="key_length"),
        CheckConstraint("count > 0", name="count_positive"),
        CheckConstraint("closes_at > opens_at", name="closes_later"),
        Index("ix_audit_tally_closes_at", "closes_at"),
    )

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    kind: Mapped[str]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    what: Mapped[dict[str, Any]] = mapped_column(JSONB)
    count: Mapped[int] = mapped_column(BigInteger)


class AuditProcess(Base):
    """A gateway process that counts. One that ends in order takes its line with it; a line that is no longer renewed
    is of one that died with its last counts."""

    __tablename__ = "audit_process"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    beat_at: Mapped[datetime]
