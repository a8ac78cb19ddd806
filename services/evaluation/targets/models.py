"""Tables of the ledger of targets: the target, and every figure that was ever entered for it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.base import Base
from services.evaluation.targets.rules import STATUSES
from shared.db import Aggregate
from shared.ids import uuid7

FigureColumn: Final = Numeric(21, 6)
"""As wide as a number of an edition."""

_STATES = ", ".join(f"'{status}'" for status in STATUSES)


class Target(Aggregate, Base):
    """A figure of the policy for one year, taken over from the edition."""

    __tablename__ = "target"
    __table_args__ = (
        UniqueConstraint("no", name="uq_target_no"),
        UniqueConstraint("item", "year", name="uq_target_item_year"),
        CheckConstraint("value >= 0 AND tolerance_percent >= 0", name="not_negative"),
        CheckConstraint("measure IN ('stock', 'flow')", name="measure_known"),
        CheckConstraint("source IN ('entered', 'computed')", name="source_known"),
        Index("ix_target_year", "year"),
    )

    no: Mapped[str]
    item: Mapped[str]
    year: Mapped[int] = mapped_column(SmallInteger)
    edition: Mapped[str]
    clause: Mapped[str]
    operator: Mapped[str]
    value: Mapped[Decimal] = mapped_column(FigureColumn)
    tolerance_percent: Mapped[Decimal] = mapped_column(FigureColumn)
    unit: Mapped[str]
    measure: Mapped[str]
    source: Mapped[str]


class TargetActual(Base):
    """A quarter's figure with its source. Values never change; a correction is another row."""

    __tablename__ = "target_actual"
    __table_args__ = (
        CheckConstraint("quarter BETWEEN 1 AND 4", name="quarter_of_year"),
        CheckConstraint("value >= 0", name="not_negative"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("(corrects_id IS NULL) = (reason_code IS NULL)", name="correction_with_reason"),
        CheckConstraint("(confirmed_on IS NULL) = (confirmed_by IS NULL)", name="confirmed_by_somebody"),
        CheckConstraint("status <> 'confirmed' OR confirmed_by IS NOT NULL", name="confirmed_with_name"),
        CheckConstraint("confirmed_by <> entered_by", name="four_eyes"),
        CheckConstraint("confirmed_on >= entered_on", name="confirmed_after_entry"),
        Index(
            "uq_target_actual_confirmed",
            "target_id",
            "quarter",
            unique=True,
            postgresql_where=text("status = 'confirmed'"),
        ),
        Index(
            "uq_target_actual_entered", "target_id", "quarter", unique=True, postgresql_where=text("status = 'entered'")
        ),
        Index("ix_target_actual_target_id_id", "target_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    target_id: Mapped[UUID] = mapped_column(ForeignKey("target.id"))
    quarter: Mapped[int] = mapped_column(SmallInteger)
    as_of_on: Mapped[date]
    value: Mapped[Decimal] = mapped_column(FigureColumn)
    by_division: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    document_no: Mapped[str]
    status: Mapped[str]
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("target_actual.id"))
    reason_code: Mapped[str | None]
    entered_on: Mapped[date]
    entered_by: Mapped[str]
    confirmed_on: Mapped[date | None]
    confirmed_by: Mapped[str | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
