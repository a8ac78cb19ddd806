"""Tables of alliances' work and its yearly assessment."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, Index, Numeric, SmallInteger, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.alliance_assessments.rules import STATUSES
from services.evaluation.base import Base
from shared.db import Aggregate

_STATES = ", ".join(f"'{status}'" for status in STATUSES)


class AllianceRecord(Aggregate, Base):
    """Something an alliance did on a day, with its evidence. A struck record stays and no longer counts."""

    __tablename__ = "alliance_record"
    __table_args__ = (
        UniqueConstraint("no", name="uq_alliance_record_no"),
        CheckConstraint("status IN ('recorded', 'struck')", name="status_known"),
        CheckConstraint(
            "num_nulls(reason_code, struck_by) = CASE status WHEN 'struck' THEN 0 ELSE 2 END", name="whole"
        ),
        CheckConstraint("participants >= 0", name="participants_not_negative"),
        CheckConstraint("held_on <= recorded_on", name="held_before_recorded"),
        Index("ix_alliance_record_alliance_held_on", "alliance", "held_on"),
        Index("uq_alliance_record_activity_id", "activity_id", unique=True),
    )

    no: Mapped[str]
    alliance: Mapped[str]
    kind: Mapped[str]
    held_on: Mapped[date]
    title: Mapped[str]
    participants: Mapped[int]
    evidence: Mapped[list[str]] = mapped_column(ARRAY(Text))
    edition: Mapped[str]
    status: Mapped[str]
    reason_code: Mapped[str | None]
    recorded_on: Mapped[date]
    recorded_by: Mapped[str]
    struck_by: Mapped[str | None]
    activity_id: Mapped[UUID | None]
    """The registry's verified activity that the record came of by itself; None for what was entered by hand."""


class AllianceAssessment(Aggregate, Base):
    """The sheet of an alliance's year. `hands` are all who ever drafted or edited it: none of them confirms it."""

    __tablename__ = "alliance_assessment"
    __table_args__ = (
        UniqueConstraint("no", name="uq_alliance_assessment_no"),
        UniqueConstraint("alliance", "year", name="uq_alliance_assessment_alliance_year"),
        UniqueConstraint("document_no", name="uq_alliance_assessment_document_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("score BETWEEN 0 AND 100", name="score_within_100"),
        CheckConstraint("NOT (confirmed_by = ANY (hands))", name="four_eyes"),
        CheckConstraint(
            "num_nulls(confirmed_on, confirmed_by) = CASE WHEN status IN ('confirmed', 'published') THEN 0 ELSE 2 END",
            name="confirmed_whole",
        ),
        CheckConstraint(
            "num_nulls(document_no, published_on, published_by) = CASE status WHEN 'published' THEN 0 ELSE 3 END",
            name="published_whole",
        ),
        CheckConstraint("published_on >= confirmed_on", name="published_after_confirmation"),
        Index("ix_alliance_assessment_status", "status"),
    )

    no: Mapped[str]
    alliance: Mapped[str]
    year: Mapped[int] = mapped_column(SmallInteger)
    edition: Mapped[str]
    status: Mapped[str]
    marks: Mapped[dict[str, str]] = mapped_column(JSONB)
    score: Mapped[Decimal] = mapped_column(Numeric(5, 1))
    grade: Mapped[str]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    record_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    """What it rests on, fixed at the confirmation."""
    reason_code: Mapped[str | None]
    """Of the last return."""
    hands: Mapped[list[str]] = mapped_column(ARRAY(Text))
    drafted_on: Mapped[date]
    confirmed_on: Mapped[date | None]
    confirmed_by: Mapped[str | None]
    document_no: Mapped[str | None]
    published_on: Mapped[date | None]
    published_by: Mapped[str | None]
