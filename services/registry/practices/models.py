"""The tables of good practice."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.practices.rules import STATUSES
from shared.clock import utcnow
from shared.db import Aggregate
from shared.ids import uuid7

_STATES = ", ".join(f"'{status}'" for status in STATUSES)


class Practice(Aggregate, Base):
    """A case of the library: what a centre did that others may follow."""

    __tablename__ = "practice"
    __table_args__ = (
        UniqueConstraint("no", name="uq_practice_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("length(body) BETWEEN 1 AND 50000", name="body_length"),
        CheckConstraint("approved_by <> submitted_by AND approved_by <> drafted_by", name="four_eyes"),
        CheckConstraint("status = 'draft' OR num_nulls(submitted_by, submitted_on) = 0", name="submitted_by_somebody"),
        CheckConstraint(
            "status NOT IN ('approved', 'published', 'withdrawn') OR num_nulls(approved_by, approved_on) = 0",
            name="approved_by_somebody",
        ),
        CheckConstraint(
            "status NOT IN ('published', 'withdrawn') OR num_nulls(published_by, published_on) = 0",
            name="published_by_somebody",
        ),
        CheckConstraint(
            "(status = 'withdrawn') = (withdrawn_on IS NOT NULL) AND"
            " (status <> 'withdrawn' OR reason_code IS NOT NULL)",
            name="withdrawn_with_reason",
        ),
        CheckConstraint(
            "approved_on >= submitted_on AND published_on >= approved_on AND withdrawn_on >= published_on",
            name="steps_in_order",
        ),
        Index("ix_practice_centre_id", "centre_id", "id"),
        Index("ix_practice_status", "status", "id"),
    )

    no: Mapped[str]
    title: Mapped[str]
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    body: Mapped[str]
    attachment_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), default=list, server_default=text("'{}'"))
    """Documents that are shown with it."""
    status: Mapped[str]
    drafted_by: Mapped[str]
    submitted_by: Mapped[str | None]
    submitted_on: Mapped[date | None]
    approved_by: Mapped[str | None]
    approved_on: Mapped[date | None]
    published_by: Mapped[str | None]
    published_on: Mapped[date | None]
    withdrawn_on: Mapped[date | None]
    reason_code: Mapped[str | None]


class PracticePublication(Base):
    """An entry of the publication log: by which medium, where and when a case was made known."""

    __tablename__ = "practice_publication"
    __table_args__ = (
        CheckConstraint("link ~ '^https?://'", name="link_form"),
        Index("ix_practice_publication_practice_id", "practice_id", "publicised_on", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"))
    medium: Mapped[str]
    outlet: Mapped[str]
    publicised_on: Mapped[date]
    link: Mapped[str | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(default=utcnow, server_default=func.now())
