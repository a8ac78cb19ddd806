"""Tables of the orders on published delistings, and of the participants that follow them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.base import Base
from services.evaluation.delistings.remedies.rules import ANNULLED_RESULT, GROUNDS, KINDS, STATUSES
from shared.ids import uuid7


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


class DelistingRemedy(Base):
    """An order on a published delisting. Its events are the case's: one order after the other, on one topic.

    Recorded by an officer of one bureau, approved or rejected by an approver of the other; dated, never rewritten.
    """

    __tablename__ = "delisting_remedy"
    __table_args__ = (
        UniqueConstraint("no", name="uq_delisting_remedy_no"),
        UniqueConstraint("case_id", "ordinal", name="uq_delisting_remedy_ordinal"),
        Index(
            "uq_delisting_remedy_proposed", "case_id", "kind", unique=True, postgresql_where=text("status = 'proposed'")
        ),
        Index("ix_delisting_remedy_status", "status", "id"),
        Index("ix_delisting_remedy_unconfirmed", "approved_at", postgresql_where=text("status = 'ordered'")),
        CheckConstraint(f"kind IN ({_listed(KINDS)})", name="kind_known"),
        CheckConstraint(f"status IN ({_listed(STATUSES)})", name="status_known"),
        CheckConstraint(f"ground IN ({_listed(GROUNDS)})", name="ground_known"),
        CheckConstraint(f"(ground = '{ANNULLED_RESULT}') = (annulment_id IS NOT NULL)", name="annulment_named"),
        CheckConstraint("decided_by <> recorded_by", name="four_eyes"),
        CheckConstraint("decided_bureau <> recorded_bureau", name="decided_by_other_bureau"),
        CheckConstraint(
            "num_nulls(decided_by, decided_bureau, decided_on) = CASE status WHEN 'proposed' THEN 3 ELSE 0 END",
            name="decided_whole",
        ),
        CheckConstraint("(status IN ('ordered', 'completed')) = (approved_at IS NOT NULL)", name="approved_with_time"),
        CheckConstraint("(status = 'completed') = (completed_at IS NOT NULL)", name="completed_with_time"),
        CheckConstraint("status <> 'rejected' OR reason_code IS NOT NULL", name="rejected_with_reason"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    no: Mapped[str]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("delisting_case.id"))
    ordinal: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[str]
    status: Mapped[str]
    ground: Mapped[str]
    annulment_id: Mapped[UUID | None] = mapped_column(ForeignKey("result_annulment.id"))
    issuer: Mapped[str]
    document_no: Mapped[str]
    ordered_on: Mapped[date]
    effective_on: Mapped[date]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    recorded_by: Mapped[str]
    recorded_bureau: Mapped[str]
    recorded_on: Mapped[date]
    decided_by: Mapped[str | None]
    decided_bureau: Mapped[str | None]
    decided_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    expected_title_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    """Titles that the delisting had revoked: to be restored. None for a lift, which revokes again."""
    correlation_id: Mapped[str | None]
    simulated: Mapped[bool] = mapped_column(default=False)
    reminders: Mapped[int] = mapped_column(default=0)
    remind_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]


class RemedyParticipant(Base):
    """A service that must follow an approved order, and its confirmation."""

    __tablename__ = "delisting_remedy_participant"
    __table_args__ = (
        PrimaryKeyConstraint("remedy_id", "service", name="pk_delisting_remedy_participant"),
        CheckConstraint("(confirmed_at IS NULL) = (acted_at IS NULL)", name="confirmed_with_event"),
        Index("ix_delisting_remedy_participant_late", "remedy_id", postgresql_where=text("confirmed_at IS NULL")),
    )

    remedy_id: Mapped[UUID] = mapped_column(ForeignKey("delisting_remedy.id"))
    service: Mapped[str]
    acted_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    event_id: Mapped[UUID | None]
    event_type: Mapped[str | None]
    position: Mapped[int | None] = mapped_column(BigInteger)
    rules: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    details: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    problem: Mapped[str | None]
