"""Other bureaus that read events, by NATS and over HTTP."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gateway.base import Base
from gateway.bureaus.rules import NAME_PATTERN, PUBLIC_KEY_PATTERN
from shared.db import Aggregate


class Bureau(Aggregate, Base):
    """A bureau: its account for HTTP, the public part of its key for NATS, and its topics (NULL: all).

    A name is free again once its bureau is removed; the row stays.
    """

    __tablename__ = "bureau"
    __table_args__ = (
        UniqueConstraint("account_id", name="uq_bureau_account_id"),
        CheckConstraint(f"name ~ '{NAME_PATTERN}'", name="name_form"),
        CheckConstraint(f"public_key ~ '{PUBLIC_KEY_PATTERN}'", name="public_key_form"),
        CheckConstraint("cardinality(topics) > 0", name="topics_some"),
        Index("uq_bureau_name", "name", unique=True, postgresql_where=text("removed_at IS NULL")),
        Index("uq_bureau_public_key", "public_key", unique=True),
        Index("ix_bureau_created_at_id", "created_at", "id"),
    )

    name: Mapped[str]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", name="fk_bureau_account_id"))
    public_key: Mapped[str]
    topics: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    rotated_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
