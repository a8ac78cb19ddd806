"""The tables of public notices and objections."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from shared.clock import utcnow
from shared.db import Aggregate, InstantColumn
from shared.ids import uuid7


class PublicNotice(Aggregate, Base):
    """One notice of one case. A case that is announced again gets another round: the newest counts.

    The days are those computed when it was put up; a holiday announced later does not move them. `amount` is what was
    proposed, in yuan; `document_no` names a notice that hung on paper before it was entered.
    """

    __tablename__ = "public_notice"
    __table_args__ = (
        UniqueConstraint("subject_kind", "subject_id", "round", name="uq_public_notice_round"),
        CheckConstraint("round > 0", name="round_positive"),
        CheckConstraint("last_day > starts_on AND objections_until > starts_on", name="term_forward"),
        CheckConstraint("first_decision_day > greatest(last_day, objections_until)", name="decided_the_day_after"),
        CheckConstraint("amount > 0", name="amount_positive"),
        Index("ix_public_notice_last_day", "last_day"),
    )

    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    round: Mapped[int]
    edition: Mapped[str]
    clause: Mapped[str]
    amount: Mapped[Decimal | None]
    opened_by: Mapped[str]
    starts_on: Mapped[date]
    last_day: Mapped[date]
    objections_until: Mapped[date]
    first_decision_day: Mapped[date]
    document_no: Mapped[str | None]
    warnings: Mapped[list[JsonValue]] = mapped_column(JSONB, server_default=text("'[]'"))
    """What the working days were counted without, as the calendar says it."""


class NoticeObjection(Base):
    """An objection against what a notice announces. Without a signatory it is a lead (线索): kept, never answered.

    `signatory` and the two texts are personal data: in no event, and erased by setting them to NULL; the salted hashes
    stay.
    """

    __tablename__ = "notice_objection"
    __table_args__ = (
        CheckConstraint("signed OR signatory IS NULL", name="leads_unsigned"),
        CheckConstraint("signed OR outcome IS NULL", name="leads_unanswered"),
        CheckConstraint("num_nulls(outcome, answered_by, answered_on, answer_hash) IN (0, 4)", name="answered_whole"),
        CheckConstraint("outcome IN ('upheld', 'dismissed')", name="outcome_known"),
        CheckConstraint("answered_on >= received_on", name="answered_after_receipt"),
        CheckConstraint("answered_by <> recorded_by", name="answered_by_another"),
        Index("ix_notice_objection_notice_id", "notice_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    notice_id: Mapped[UUID] = mapped_column(ForeignKey("public_notice.id"))
    signed: Mapped[bool]
    signatory: Mapped[str | None]
    text: Mapped[str | None]
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    text_hash: Mapped[str]
    received_on: Mapped[date]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(InstantColumn, default=utcnow)
    outcome: Mapped[str | None]
    answer: Mapped[str | None]
    answer_hash: Mapped[str | None]
    answered_by: Mapped[str | None]
    answered_on: Mapped[date | None]

    @property
    def version(self) -> int:
        """It changes once: when it is answered."""
        return 1 if self.outcome is None else 2
