"""The tables of public notices and objections."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from shared.clock import utcnow
from shared.db import Aggregate
from shared.ids import uuid7


class PublicNotice(Aggregate, Base):
    """One notice of one case. A case that was returned and comes again is announced again: the newest round counts.

    The days are those computed when it was put up; a holiday announced later does not move them.
    """

    __tablename__ = "public_notice"
    __table_args__ = (
        UniqueConstraint("subject_kind", "subject_id", "round", name="uq_public_notice_round"),
        CheckConstraint("round > 0", name="round_positive"),
        CheckConstraint("last_day > starts_on AND objections_until > starts_on", name="term_forward"),
        CheckConstraint("first_decision_day = greatest(last_day, objections_until) + 1", name="decided_the_day_after"),
        Index("ix_public_notice_last_day", "last_day"),
    )

    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    round: Mapped[int]
    edition: Mapped[str]
    opened_by: Mapped[str]
    starts_on: Mapped[date]
    last_day: Mapped[date]
    objections_until: Mapped[date]
    first_decision_day: Mapped[date]
    warnings: Mapped[list[JsonValue]] = mapped_column(JSONB, server_default=text("'[]'"))
    """What the working days were counted without, as the calendar says it."""


class NoticeObjection(Base):
    """An objection against what a notice announces. Without a signatory it is a lead (线索): kept, never answered.

    Its words are a remark on it; `signatory` is personal data and appears in no event.
    """

    __tablename__ = "notice_objection"
    __table_args__ = (
        CheckConstraint("signed = (signatory IS NOT NULL)", name="signed_by_somebody"),
        CheckConstraint("signed OR outcome IS NULL", name="leads_unanswered"),
        CheckConstraint("num_nulls(outcome, answered_by, answered_on) IN (0, 3)", name="answered_whole"),
        CheckConstraint("outcome IN ('upheld', 'dismissed')", name="outcome_known"),
        CheckConstraint("answered_on >= received_on", name="answered_after_receipt"),
        Index("ix_notice_objection_notice_id", "notice_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    notice_id: Mapped[UUID] = mapped_column(ForeignKey("public_notice.id"))
    signed: Mapped[bool]
    signatory: Mapped[str | None]
    received_on: Mapped[date]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(default=utcnow, server_default=text("now()"))
    outcome: Mapped[str | None]
    answered_by: Mapped[str | None]
    answered_on: Mapped[date | None]

    @property
    def version(self) -> int:
        """It changes once: when it is answered."""
        return 1 if self.outcome is None else 2
