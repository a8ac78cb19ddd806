"""Tables of delisting cases: the case, the steps taken, the participants' confirmations."""

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
from services.evaluation.delistings.rules import IN_FORCE, STATUSES, TAKEN_STEPS
from shared.db import Aggregate
from shared.ids import uuid7


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


class DelistingCase(Aggregate, Base):
    """The case of a centre that failed consecutive years. `status` is the last step of the procedure that was taken."""

    __tablename__ = "delisting_case"
    __table_args__ = (
        UniqueConstraint("no", name="uq_delisting_case_no"),
        Index("uq_delisting_case_open", "evaluation_id", unique=True, postgresql_where=text("status <> 'dropped'")),
        Index(
            "uq_delisting_case_in_force",
            "centre_id",
            unique=True,
            postgresql_where=text("status IN ('published', 'completed')"),
        ),
        Index("ix_delisting_case_centre_id", "centre_id"),
        Index("ix_delisting_case_unconfirmed", "published_at", postgresql_where=text("status = 'published'")),
        CheckConstraint(f"status IN ({_listed(STATUSES)})", name="status_known"),
        CheckConstraint("first_failed_year <= second_failed_year", name="years_in_order"),
        CheckConstraint("decided_by <> notice_served_by AND decided_by <> reviewed_by", name="four_eyes"),
        CheckConstraint(
            "countersigned_by <> decided_by AND countersigned_by <> notice_served_by"
            " AND countersigned_by <> reviewed_by",
            name="countersigned_by_another",
        ),
        CheckConstraint("countersigned_bureau <> decided_bureau", name="countersigned_by_other_bureau"),
        CheckConstraint(
            "status NOT IN ('published', 'completed') OR"
            " num_nulls(decision_no, decided_on, countersigned_by, published_on, published_at, published_by) = 0",
            name="published_after_procedure",
        ),
        CheckConstraint(
            "(completed_at IS NOT NULL) = (status = 'completed') OR status = 'reversed'", name="completed_with_time"
        ),
    )

    no: Mapped[str]
    centre_id: Mapped[UUID]
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    edition: Mapped[str]
    status: Mapped[str] = mapped_column(default="opened")
    first_failed_year: Mapped[int] = mapped_column(SmallInteger)
    second_failed_year: Mapped[int] = mapped_column(SmallInteger)
    operator_code: Mapped[str]
    operator_name: Mapped[str]
    operator_barred: Mapped[bool]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    opened_on: Mapped[date]
    last_step_on: Mapped[date]
    notice_served_on: Mapped[date | None]
    notice_served_by: Mapped[str | None]
    statement_due_on: Mapped[date | None]
    hearing_request_due_on: Mapped[date | None]
    hearing_requested: Mapped[bool] = mapped_column(default=False)
    reviewed_by: Mapped[str | None]
    decision_no: Mapped[str | None]
    decided_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    decided_bureau: Mapped[str | None]
    countersigned_by: Mapped[str | None]
    countersigned_bureau: Mapped[str | None]
    published_on: Mapped[date | None]
    published_at: Mapped[datetime | None]
    published_by: Mapped[str | None]
    continuation_basis: Mapped[str | None]
    """What a decision published after the edition's end rests on (6-1)."""
    ban_years: Mapped[int | None] = mapped_column(SmallInteger)
    expected_title_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    correlation_id: Mapped[str | None]
    simulated: Mapped[bool] = mapped_column(default=False)
    reminders: Mapped[int] = mapped_column(default=0)
    remind_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    served_on: Mapped[date | None]
    reconsideration_until: Mapped[date | None]
    litigation_until: Mapped[date | None]
    stayed_on: Mapped[date | None]
    """First day of a stay that lasts: the decision has no effect meanwhile."""
    reversed_on: Mapped[date | None]
    """From this day on the decision has no effect any more."""

    @property
    def in_effect(self) -> bool:
        """Published, and neither stayed nor reversed."""
        return self.status in IN_FORCE and self.stayed_on is None


class DelistingStep(Base):
    """A step as it was taken, never changed: who, when, by which rules and with which documents."""

    __tablename__ = "delisting_step"
    __table_args__ = (
        CheckConstraint(f"step IN ({_listed(TAKEN_STEPS)})", name="step_known"),
        Index(
            "uq_delisting_step_once", "case_id", "step", unique=True, postgresql_where=text("outcome <> 'insufficient'")
        ),
        Index("ix_delisting_step_case_id_id", "case_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("delisting_case.id"))
    step: Mapped[str]
    outcome: Mapped[str]
    taken_on: Mapped[date]
    actor: Mapped[str]
    details: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    event_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class DelistingParticipant(Base):
    """A service that must act on a published delisting, and its confirmation. `problem` says why one did not count."""

    __tablename__ = "delisting_participant"
    __table_args__ = (
        PrimaryKeyConstraint("case_id", "service", name="pk_delisting_participant"),
        CheckConstraint("(confirmed_at IS NULL) = (acted_at IS NULL)", name="confirmed_with_event"),
        Index("ix_delisting_participant_late", "case_id", postgresql_where=text("confirmed_at IS NULL")),
    )

    case_id: Mapped[UUID] = mapped_column(ForeignKey("delisting_case.id"))
    service: Mapped[str]
    acted_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    event_id: Mapped[UUID | None]
    event_type: Mapped[str | None]
    position: Mapped[int | None] = mapped_column(BigInteger)
    rules: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    details: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    problem: Mapped[str | None]
