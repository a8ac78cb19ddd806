"""The tables of mentors."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, Text, UniqueConstraint, column, false, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.mentors.rules import SESSION_STATUSES, STATUSES, TERM_STATUSES
from shared.db import Aggregate
from shared.ids import uuid7

ONE_AT_A_TIME: Final = "ex_mentor_link_period"


def _among(*words: str) -> str:
    return ", ".join(f"'{word}'" for word in words)


class Mentor(Aggregate, Base):
    """Somebody proposed or appointed as a mentor: one row a person. `appointed_from`, `appointed_until` and `ended_on`
    are those of the last appointment; `ended_on` is the last day on which it held."""

    __tablename__ = "mentor"
    __table_args__ = (
        UniqueConstraint("no", name="uq_mentor_no"),
        UniqueConstraint("person_id", name="uq_mentor_person_id"),
        CheckConstraint(f"status IN ({_among(*STATUSES)})", name="status_known"),
        CheckConstraint("cardinality(fields) BETWEEN 1 AND 20", name="with_fields"),
        CheckConstraint(
            "status NOT IN ('appointed', 'ended') OR num_nulls(appointed_from, appointed_until) = 0",
            name="appointed_for_a_term",
        ),
        CheckConstraint("appointed_until >= appointed_from", name="term_forward"),
        CheckConstraint(
            "(status = 'ended') = (ended_on IS NOT NULL) AND (status <> 'ended' OR reason_code IS NOT NULL)",
            name="ended_with_reason",
        ),
        CheckConstraint("ended_on <= appointed_until", name="ended_within_its_term"),
        Index("ix_mentor_status", "status", "id"),
        Index("ix_mentor_appointed_until", "appointed_until", "id", postgresql_where=text("status = 'appointed'")),
    )

    no: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    status: Mapped[str]
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    organisation: Mapped[str | None]
    introduction: Mapped[str | None]
    graduate_team: Mapped[bool]
    """One of the team of 50 for graduates."""
    appointed_from: Mapped[date | None]
    appointed_until: Mapped[date | None]
    document_no: Mapped[str | None]
    ended_on: Mapped[date | None]
    ended_by: Mapped[str | None]
    reason_code: Mapped[str | None]
    recorded_by: Mapped[str]


class MentorTerm(Base):
    """An appointment as one person proposes and another decides it. `last_on` is the last day on which it held: that of
    the term, or that of an end before it."""

    __tablename__ = "mentor_term"
    __table_args__ = (
        CheckConstraint(f"status IN ({_among(*TERM_STATUSES)})", name="status_known"),
        CheckConstraint("until_on >= from_on", name="term_forward"),
        CheckConstraint("status <> 'appointed' OR decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint(
            "(status = 'proposed') = (decided_by IS NULL) AND num_nulls(decided_by, decided_on) IN (0, 2)",
            name="decided_by_somebody",
        ),
        CheckConstraint("(status = 'appointed') = (last_on IS NOT NULL)", name="holds_when_appointed"),
        CheckConstraint("last_on BETWEEN from_on - 1 AND until_on", name="last_day_within"),
        CheckConstraint("status <> 'appointed' OR document_no IS NOT NULL", name="appointed_by_document"),
        CheckConstraint("status <> 'refused' OR reason_code IS NOT NULL", name="refused_with_reason"),
        Index("uq_mentor_term_open", "mentor_id", unique=True, postgresql_where=text("status = 'proposed'")),
        ExcludeConstraint(
            (column("mentor_id"), "="),
            (text("daterange(from_on, last_on, '[]')"), "&&"),
            name="ex_mentor_term_period",
            using="gist",
            where=text("status = 'appointed' AND last_on >= from_on"),
        ),
        Index("ix_mentor_term_mentor_id", "mentor_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    mentor_id: Mapped[UUID] = mapped_column(ForeignKey("mentor.id"))
    from_on: Mapped[date]
    until_on: Mapped[date]
    last_on: Mapped[date | None]
    status: Mapped[str]
    edition: Mapped[str]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    proposed_by: Mapped[str]
    proposed_on: Mapped[date]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    document_no: Mapped[str | None]
    reason_code: Mapped[str | None]


class MentorLink(Aggregate, Base):
    """A mentor works with a centre; `until` is the last day."""

    __tablename__ = "mentor_link"
    __table_args__ = (
        CheckConstraint("until >= since", name="period_forward"),
        ExcludeConstraint(
            (column("mentor_id"), "="),
            (column("centre_id"), "="),
            (text("daterange(since, until, '[]')"), "&&"),
            name=ONE_AT_A_TIME,
            using="gist",
        ),
        Index("ix_mentor_link_centre_id", "centre_id", "id"),
        Index("ix_mentor_link_mentor_id", "mentor_id", "id"),
    )

    mentor_id: Mapped[UUID] = mapped_column(ForeignKey("mentor.id"))
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    since: Mapped[date]
    until: Mapped[date | None]
    recorded_by: Mapped[str]
    reason_code: Mapped[str | None]


class MentorSession(Aggregate, Base):
    """What a mentor did for an enterprise or project on a day, as the mentor or the centre recorded it and the advised
    answered. A record is never rewritten: a wrong one is withdrawn."""

    __tablename__ = "mentor_session"
    __table_args__ = (
        UniqueConstraint("no", name="uq_mentor_session_no"),
        CheckConstraint(f"status IN ({_among(*SESSION_STATUSES)})", name="status_known"),
        CheckConstraint("num_nonnulls(enterprise_id, project_id) = 1", name="one_advised"),
        CheckConstraint("hours > 0", name="hours_positive"),
        CheckConstraint("recorded_as IN ('mentor', 'centre')", name="recorded_as_known"),
        CheckConstraint("answered_by <> recorded_by", name="answered_by_another"),
        CheckConstraint(
            "status NOT IN ('confirmed', 'contested') OR num_nulls(answered_by, answered_on) = 0",
            name="answered_by_somebody",
        ),
        CheckConstraint("answered_on >= held_on", name="answered_after_it_was_held"),
        CheckConstraint("status NOT IN ('contested', 'withdrawn') OR reason_code IS NOT NULL", name="with_reason"),
        Index(
            "uq_mentor_session_once",
            "mentor_id",
            text("coalesce(enterprise_id, project_id)"),
            "held_on",
            "field",
            unique=True,
            postgresql_where=text("once AND status IN ('recorded', 'confirmed')"),
        ),
        Index("ix_mentor_session_mentor_id", "mentor_id", "held_on"),
        Index("ix_mentor_session_centre_id", "centre_id", "held_on"),
        Index("ix_mentor_session_enterprise_id", "enterprise_id", "held_on"),
        Index("ix_mentor_session_project_id", "project_id", "held_on"),
        Index("ix_mentor_session_held_on", "held_on", "id"),
    )

    no: Mapped[str]
    mentor_id: Mapped[UUID] = mapped_column(ForeignKey("mentor.id"))
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    enterprise_id: Mapped[UUID | None] = mapped_column(ForeignKey("enterprise.id"))
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id"))
    held_on: Mapped[date]
    hours: Mapped[Decimal] = mapped_column(Numeric(4, 1))
    field: Mapped[str]
    topic: Mapped[str]
    status: Mapped[str]
    edition: Mapped[str]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    recorded_as: Mapped[str]
    once: Mapped[bool] = mapped_column(server_default=false())
    """False for records from before one advice was held to be one record."""
    recorded_by: Mapped[str]
    answered_by: Mapped[str | None]
    answered_on: Mapped[date | None]
    reason_code: Mapped[str | None]
