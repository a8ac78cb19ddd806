"""The table of proposed changes of identity facts."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from shared.ids import uuid7


class EnterpriseChange(Base):
    """What an operator says has changed, until the enterprise itself or an officer confirms or refuses it."""

    __tablename__ = "enterprise_change"
    __table_args__ = (
        CheckConstraint("status IN ('proposed', 'confirmed', 'refused')", name="status_known"),
        CheckConstraint("decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint("(status = 'proposed') = (decided_by IS NULL)", name="decided_by_somebody"),
        CheckConstraint("(decided_by IS NULL) = (decided_on IS NULL)", name="decided_on_a_day"),
        CheckConstraint("status <> 'refused' OR reason_code IS NOT NULL", name="refused_with_reason"),
        Index(
            "uq_enterprise_change_one_open",
            "enterprise_id",
            unique=True,
            postgresql_where=text("status = 'proposed'"),
        ),
        Index("ix_enterprise_change_enterprise_id", "enterprise_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    changes: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    evidence: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    status: Mapped[str]
    proposed_by: Mapped[str]
    proposed_by_org: Mapped[str | None]
    proposed_on: Mapped[date]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    reason_code: Mapped[str | None]
