"""The table of measures."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from shared.clock import utcnow
from shared.ids import uuid7


class CentreMeasure(Base):
    """A suspension, resumption or withdrawal of a centre: proposed by one person, decided by another. Its events are
    the centre's."""

    __tablename__ = "centre_measure"
    __table_args__ = (
        CheckConstraint("kind IN ('suspension', 'resumption', 'withdrawal')", name="kind_known"),
        CheckConstraint("status IN ('proposed', 'carried_out', 'dropped')", name="status_known"),
        CheckConstraint("(status = 'proposed') = (decided_on IS NULL)", name="decided_on_a_day"),
        CheckConstraint("(decided_on IS NULL) = (decided_by IS NULL)", name="decided_by_somebody"),
        CheckConstraint("status <> 'carried_out' OR document_no IS NOT NULL", name="carried_out_by_document"),
        CheckConstraint("status <> 'carried_out' OR decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint("status <> 'dropped' OR drop_code IS NOT NULL", name="dropped_with_reason"),
        CheckConstraint("decided_on >= proposed_on", name="decided_after_proposal"),
        Index("uq_centre_measure_one_open", "centre_id", unique=True, postgresql_where=text("status = 'proposed'")),
        Index("ix_centre_measure_centre_id", "centre_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    kind: Mapped[str]
    status: Mapped[str]
    reason_code: Mapped[str]
    proposed_by: Mapped[str]
    proposed_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(default=utcnow, server_default=func.now())
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    document_no: Mapped[str | None]
    drop_code: Mapped[str | None]
