"""The tables of training. Nothing of a person is in them but its id."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Final
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Time,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.trainings import rules
from shared.clock import utcnow
from shared.db import Aggregate
from shared.ids import uuid7

NEVER_OVERSOLD: Final = "ck_training_session_never_oversold"
ONCE_A_PERSON: Final = "uq_enrolment_person"
ONCE_A_MEETING: Final = "uq_training_attendance_meeting"
ONE_CERTIFICATE: Final = "uq_training_certificate_enrolment_id"


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


class TrainingCourse(Aggregate, Base):
    """A course for one of the two audiences; `centre_id` where a centre gives it."""

    __tablename__ = "training_course"
    __table_args__ = (
        UniqueConstraint("no", name="uq_training_course_no"),
        CheckConstraint(_one_of("audience", rules.AUDIENCES), name="audience_known"),
        CheckConstraint(_one_of("status", rules.COURSE_STATUSES), name="status_known"),
        CheckConstraint("length(summary) BETWEEN 1 AND 5000", name="summary_length"),
        CheckConstraint("published_by <> drafted_by", name="four_eyes"),
        CheckConstraint("status = 'draft' OR num_nulls(published_by, published_on) = 0", name="published_by_somebody"),
        CheckConstraint(
            "(status = 'closed') = (closed_on IS NOT NULL) AND (status <> 'closed' OR reason_code IS NOT NULL)",
            name="closed_with_reason",
        ),
        CheckConstraint("closed_on >= published_on", name="steps_in_order"),
        Index("ix_training_course_centre_id", "centre_id", "id"),
        Index("ix_training_course_status", "status", "id"),
    )

    no: Mapped[str]
    title: Mapped[str]
    audience: Mapped[str]
    summary: Mapped[str]
    certified: Mapped[bool]
    """Whether who attends gets a certificate."""
    centre_id: Mapped[UUID | None] = mapped_column(ForeignKey("centre.id"))
    status: Mapped[str]
    drafted_by: Mapped[str]
    published_by: Mapped[str | None]
    published_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    reason_code: Mapped[str | None]


class TrainingSession(Aggregate, Base):
    """One holding of a course, on one or more meetings; `minutes` is their sum.

    `seats_taken` is kept by a trigger on the enrolments, so that `never_oversold` holds whoever writes them.
    """

    __tablename__ = "training_session"
    __table_args__ = (
        UniqueConstraint("no", name="uq_training_session_no"),
        CheckConstraint(_one_of("status", rules.SESSION_STATUSES), name="status_known"),
        CheckConstraint("capacity BETWEEN 1 AND 2000", name="capacity_range"),
        CheckConstraint("seats_taken BETWEEN 0 AND capacity", name="never_oversold"),
        CheckConstraint("queue_last >= 0", name="queue_forward"),
        CheckConstraint("minutes > 0", name="minutes_positive"),
        CheckConstraint("held_on <= ended_on", name="days_forward"),
        CheckConstraint("enrol_from <= enrol_until AND enrol_until <= held_on", name="enrolment_before_the_session"),
        CheckConstraint(
            "(status = 'completed') = (completed_on IS NOT NULL) AND num_nulls(completed_on, completed_by) IN (0, 2)",
            name="completed_by_somebody",
        ),
        CheckConstraint(
            "(status = 'cancelled') = (cancelled_on IS NOT NULL) AND"
            " (status <> 'cancelled' OR reason_code IS NOT NULL)",
            name="cancelled_with_reason",
        ),
        Index("ix_training_session_course_id", "course_id", "id"),
        Index("ix_training_session_centre_id", "centre_id", "id"),
        Index("ix_training_session_held_on", "held_on", "id"),
        Index("ix_training_session_trainer_id", "trainer_id"),
    )

    no: Mapped[str]
    course_id: Mapped[UUID] = mapped_column(ForeignKey("training_course.id"))
    centre_id: Mapped[UUID | None] = mapped_column(ForeignKey("centre.id"))
    place: Mapped[str]
    held_on: Mapped[date]
    ended_on: Mapped[date]
    minutes: Mapped[int]
    capacity: Mapped[int]
    seats_taken: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    queue_last: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """The last number given out; who is promoted is told by it, not by the clock."""
    enrol_from: Mapped[date]
    enrol_until: Mapped[date]
    status: Mapped[str]
    trainer_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    planned_by: Mapped[str]
    completed_by: Mapped[str | None]
    completed_on: Mapped[date | None]
    cancelled_on: Mapped[date | None]
    reason_code: Mapped[str | None]


class TrainingMeeting(Base):
    """One meeting of a session, by the city's clock. `salt` enters the code while it is shown, and is never shown."""

    __tablename__ = "training_meeting"
    __table_args__ = (
        UniqueConstraint("session_id", "number", name="uq_training_meeting_number"),
        UniqueConstraint("id", "session_id", name="uq_training_meeting_session"),
        CheckConstraint("starts < ends", name="time_forward"),
        CheckConstraint("number BETWEEN 1 AND 60", name="number_range"),
        CheckConstraint("length(salt) = 32", name="salt_length"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("training_session.id"))
    number: Mapped[int]
    held_on: Mapped[date]
    starts: Mapped[time] = mapped_column(Time())
    ends: Mapped[time] = mapped_column(Time())
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)


class Enrolment(Aggregate, Base):
    """One person in one session, once, whoever enrolled it."""

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("no", name="uq_enrolment_no"),
        UniqueConstraint("session_id", "queue_no", name="uq_enrolment_queue_no"),
        UniqueConstraint("id", "session_id", name="uq_enrolment_session"),
        Index(ONCE_A_PERSON, "session_id", "person_id", unique=True, postgresql_where=text("status <> 'cancelled'")),
        CheckConstraint(_one_of("status", rules.ENROLMENT_STATUSES), name="status_known"),
        CheckConstraint(_one_of("via", rules.WAYS), name="via_known"),
        CheckConstraint(_one_of("notice", rules.NOTICES), name="notice_known"),
        CheckConstraint("num_nulls(notice, notice_on) IN (0, 2)", name="notice_on_a_day"),
        CheckConstraint("via <> 'enterprise' OR enterprise_id IS NOT NULL", name="enterprise_named"),
        CheckConstraint("via <> 'centre' OR centre_id IS NOT NULL", name="centre_named"),
        CheckConstraint("(status = 'cancelled') = (cancelled_on IS NOT NULL)", name="cancelled_on_a_day"),
        CheckConstraint("NOT evaluated OR status IN ('attended', 'missed')", name="evaluated_by_who_attended"),
        CheckConstraint("num_nulls(strike_noted_by, strike_meeting, strike_reason) IN (0, 3)", name="strike_noted"),
        Index("ix_enrolment_waiting", "session_id", "queue_no", postgresql_where=text("status = 'waiting'")),
        Index("ix_enrolment_session_id", "session_id", "id"),
        Index("ix_enrolment_person_id", "person_id", "id"),
        Index("ix_enrolment_enterprise_id", "enterprise_id", "id"),
        Index("ix_enrolment_centre_id", "centre_id", "id"),
    )

    no: Mapped[str]
    session_id: Mapped[UUID] = mapped_column(ForeignKey("training_session.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    via: Mapped[str]
    enterprise_id: Mapped[UUID | None] = mapped_column(ForeignKey("enterprise.id"))
    centre_id: Mapped[UUID | None] = mapped_column(ForeignKey("centre.id"))
    status: Mapped[str]
    queue_no: Mapped[int]
    enrolled_by: Mapped[str]
    enrolled_on: Mapped[date]
    promoted_on: Mapped[date | None]
    cancelled_on: Mapped[date | None]
    minutes_attended: Mapped[int | None]
    """Counted when the session is completed."""
    reason_code: Mapped[str | None]
    evaluated: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    notice: Mapped[str | None]
    notice_on: Mapped[date | None]
    strike_noted_by: Mapped[str | None]
    """Who says of a completed session that a meeting was recorded wrongly, until another person says so too."""
    strike_meeting: Mapped[int | None]
    strike_reason: Mapped[str | None]


class TrainingAttendance(Base):
    """That an enrolee was at a meeting: once, by the code or by hand. No code is kept, nor anything made of one. What
    is wrong is struck, and stays."""

    __tablename__ = "training_attendance"
    __table_args__ = (
        Index(ONCE_A_MEETING, "enrolment_id", "meeting_id", unique=True, postgresql_where=text("struck_at IS NULL")),
        ForeignKeyConstraint(
            ["enrolment_id", "session_id"], ["enrolment.id", "enrolment.session_id"], name="fk_attendance_enrolment"
        ),
        ForeignKeyConstraint(
            ["meeting_id", "session_id"],
            ["training_meeting.id", "training_meeting.session_id"],
            name="fk_attendance_meeting",
        ),
        CheckConstraint("via IN ('qr', 'hand')", name="via_known"),
        CheckConstraint("(via = 'hand') = (reason_code IS NOT NULL)", name="by_hand_with_reason"),
        CheckConstraint("num_nulls(struck_by, struck_at, struck_reason) IN (0, 3)", name="struck_with_reason"),
        Index("ix_training_attendance_session_id", "session_id"),
        Index("ix_training_attendance_meeting_id", "meeting_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    session_id: Mapped[UUID]
    enrolment_id: Mapped[UUID]
    meeting_id: Mapped[UUID]
    via: Mapped[str]
    reason_code: Mapped[str | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(default=utcnow, server_default=func.now())
    struck_by: Mapped[str | None]
    struck_at: Mapped[datetime | None]
    struck_reason: Mapped[str | None]


class TrainingCertificate(Aggregate, Base):
    """A certificate. Its number ends in characters drawn by chance, so that nobody finds one by counting."""

    __tablename__ = "training_certificate"
    __table_args__ = (
        UniqueConstraint("no", name="uq_training_certificate_no"),
        UniqueConstraint("enrolment_id", name=ONE_CERTIFICATE),
        ForeignKeyConstraint(
            ["enrolment_id", "session_id"], ["enrolment.id", "enrolment.session_id"], name="fk_certificate_enrolment"
        ),
        CheckConstraint("revoked_on >= issued_on", name="steps_in_order"),
        CheckConstraint("num_nulls(revoked_on, revoked_by, reason_code) IN (0, 3)", name="revoked_with_reason"),
        CheckConstraint("revoked_by <> issued_by", name="four_eyes"),
        Index("ix_training_certificate_session_id", "session_id", "id"),
        Index("ix_training_certificate_person_id", "person_id", "id"),
    )

    no: Mapped[str]
    session_id: Mapped[UUID] = mapped_column(ForeignKey("training_session.id"))
    enrolment_id: Mapped[UUID]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    centre_id: Mapped[UUID | None] = mapped_column(ForeignKey("centre.id"))
    minutes: Mapped[int]
    edition: Mapped[str]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    issued_by: Mapped[str]
    issued_on: Mapped[date]
    revoked_by: Mapped[str | None]
    revoked_on: Mapped[date | None]
    reason_code: Mapped[str | None]


class TrainingEvaluation(Base):
    """What somebody who attended thought. It leads back to nobody: no enrolment, no time, and an id by chance."""

    __tablename__ = "training_evaluation"
    __table_args__ = (
        CheckConstraint("length(comment) BETWEEN 1 AND 1000", name="comment_length"),
        Index("ix_training_evaluation_session_id", "session_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("training_session.id"))
    scores: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    comment: Mapped[str | None]
