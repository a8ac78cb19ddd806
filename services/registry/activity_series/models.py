"""The tables of brand series and their years."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.activity_series.rules import STATUSES
from services.registry.base import Base
from shared.db import Aggregate
from shared.ids import uuid7

_STATES = ", ".join(f"'{status}'" for status in STATUSES)


class ActivitySeries(Base):
    """The page of a brand; its names and who leads it are the edition's, found by `code`."""

    __tablename__ = "activity_series"
    __table_args__ = (UniqueConstraint("code", name="uq_activity_series_code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    code: Mapped[str]


class ActivitySeriesYear(Aggregate, Base):
    """A brand in one year: announced by whoever leads it, closed when all its activities are over and decided on."""

    __tablename__ = "activity_series_year"
    __table_args__ = (
        UniqueConstraint("no", name="uq_activity_series_year_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("planned_until >= planned_from", name="planned_forward"),
        CheckConstraint(
            "extract(year FROM planned_from) = year AND extract(year FROM planned_until) = year",
            name="planned_in_its_year",
        ),
        CheckConstraint("(status = 'open') = (closed_on IS NULL)", name="closed_on_a_day"),
        CheckConstraint("(closed_on IS NULL) = (closed_by IS NULL)", name="closed_by_somebody"),
        CheckConstraint("status <> 'closed' OR document_no IS NOT NULL", name="closed_with_document"),
        CheckConstraint("status <> 'cancelled' OR reason_code IS NOT NULL", name="cancelled_with_reason"),
        Index(
            "uq_activity_series_year_one",
            "series_id",
            "year",
            unique=True,
            postgresql_where=text("status <> 'cancelled'"),
        ),
    )

    no: Mapped[str]
    series_id: Mapped[UUID] = mapped_column(ForeignKey("activity_series.id"))
    series: Mapped[str]
    year: Mapped[int]
    title: Mapped[str]
    lead: Mapped[str]
    alliance: Mapped[str | None]
    planned_from: Mapped[date]
    planned_until: Mapped[date]
    status: Mapped[str]
    opened_by: Mapped[str]
    closed_by: Mapped[str | None]
    closed_on: Mapped[date | None]
    document_no: Mapped[str | None]
    """Of the summary."""
    reason_code: Mapped[str | None]
