"""The tables of the project library."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.names.models import Named, name_index, order_index
from services.registry.project_library.rules import (
    CLAIM_STATUSES,
    CLAIMED,
    FOLLOWED_BY,
    OWNER_KINDS,
    REQUESTED,
    ROUND_STATUSES,
    STATUSES,
    SUCCEEDED,
    WITHDRAWN,
)
from shared.clock import utcnow
from shared.db import Aggregate
from shared.ids import uuid7


def _words(*words: str) -> str:
    return ", ".join(f"'{word}'" for word in words)


LIVE = f"status NOT IN ({_words(WITHDRAWN, SUCCEEDED)}) AND project_id IS NOT NULL"
CURRENT = f"status = '{CLAIMED}'"
OPEN = f"status IN ({_words(REQUESTED, CLAIMED)})"


class LibraryRound(Aggregate, Base):
    """A day on which what was checked for it is published together."""

    __tablename__ = "library_round"
    __table_args__ = (
        UniqueConstraint("no", name="uq_library_round_no"),
        CheckConstraint(f"status IN ({_words(*ROUND_STATUSES)})", name="status_known"),
        CheckConstraint(
            "(status = 'published') = (published_on IS NOT NULL) AND (published_on IS NULL) = (published_by IS NULL)",
            name="published_by_somebody",
        ),
        CheckConstraint("published_on >= publishes_on", name="not_before_its_day"),
        CheckConstraint("(status = 'cancelled') = (reason_code IS NOT NULL)", name="cancelled_with_reason"),
        Index("ix_library_round_publishes_on", "publishes_on", "id"),
    )

    no: Mapped[str]
    title: Mapped[str]
    publishes_on: Mapped[date]
    status: Mapped[str]
    planned_by: Mapped[str]
    published_by: Mapped[str | None]
    published_on: Mapped[date | None]
    reason_code: Mapped[str | None]


class LibraryItem(Named, Aggregate, Base):
    """A project that is offered to founders. `published_on` is set while the publish switch is on."""

    __tablename__ = "library_item"
    __table_args__ = (
        UniqueConstraint("no", name="uq_library_item_no"),
        CheckConstraint(f"status IN ({_words(*STATUSES)})", name="status_known"),
        CheckConstraint(f"owner_kind IN ({_words(*OWNER_KINDS)})", name="owner_kind_known"),
        CheckConstraint("(owner_kind = 'school') = (school_document_no IS NOT NULL)", name="offered_by_the_school"),
        CheckConstraint("industry_code ~ '^[A-T][0-9]{4}$'", name="industry_code_form"),
        CheckConstraint("province ~ '^[1-9][0-9]0000$'", name="province_form"),
        CheckConstraint("length(summary) BETWEEN 1 AND 2000", name="summary_length"),
        CheckConstraint(
            "status IN ('draft', 'withdrawn') OR num_nulls(submitted_by, submitted_on) = 0",
            name="submitted_by_somebody",
        ),
        CheckConstraint("checked_by <> drafted_by AND checked_by <> submitted_by", name="checked_by_another"),
        CheckConstraint("published_by <> drafted_by AND published_by <> submitted_by", name="published_by_another"),
        CheckConstraint(
            "status NOT IN ('checked', 'published', 'switched_off', 'claimed', 'succeeded')"
            " OR num_nulls(checked_by, checked_on) = 0",
            name="checked_by_somebody",
        ),
        CheckConstraint(
            "(status = 'published') = (published_on IS NOT NULL)"
            " AND (status <> 'published' OR num_nulls(published_by, first_published_on) = 0)",
            name="published_by_somebody",
        ),
        CheckConstraint("(status IN ('claimed', 'succeeded')) = (claim_id IS NOT NULL)", name="given_to_somebody"),
        CheckConstraint("(status = 'withdrawn') = (withdrawn_on IS NOT NULL)", name="withdrawn_on_a_day"),
        CheckConstraint("status <> 'withdrawn' OR reason_code IS NOT NULL", name="withdrawn_with_reason"),
        CheckConstraint("checked_on >= submitted_on AND published_on >= checked_on", name="steps_in_order"),
        Index("uq_library_item_project", "project_id", unique=True, postgresql_where=text(LIVE)),
        Index("ix_library_item_owner_person_id", "owner_person_id"),
        Index("ix_library_item_centre_id", "centre_id", "id"),
        Index("ix_library_item_round_id", "round_id"),
        Index("ix_library_item_status", "status", "id"),
        order_index("library_item"),
        name_index("library_item"),
    )

    no: Mapped[str]
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id"))
    owner_kind: Mapped[str]
    owner_person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    """The graduate, or whose consent the school has."""
    school: Mapped[str]
    school_document_no: Mapped[str | None]
    """By which the school offers it."""
    centre_id: Mapped[UUID | None] = mapped_column(ForeignKey("centre.id"))
    industry_code: Mapped[str]
    stage: Mapped[str]
    province: Mapped[str]
    summary: Mapped[str]
    status: Mapped[str]
    edition: Mapped[str]
    decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB)
    round_id: Mapped[UUID | None] = mapped_column(ForeignKey("library_round.id"))
    """By which it is, or was last, put up."""
    claim_id: Mapped[UUID | None]
    drafted_by: Mapped[str]
    submitted_by: Mapped[str | None]
    submitted_on: Mapped[date | None]
    checked_by: Mapped[str | None]
    checked_on: Mapped[date | None]
    published_by: Mapped[str | None]
    published_on: Mapped[date | None]
    first_published_on: Mapped[date | None]
    withdrawn_on: Mapped[date | None]
    reason_code: Mapped[str | None]


class LibrarySwitch(Base):
    """An entry of the publish switch: when a project was put up or taken off, and by what. None is changed."""

    __tablename__ = "library_switch"
    __table_args__ = (
        CheckConstraint(f"cause IN ({_words('round', 'officer', 'claim', 'withdrawal')})", name="cause_known"),
        CheckConstraint("(cause = 'round') = (round_id IS NOT NULL)", name="round_named"),
        Index("ix_library_switch_item_id", "item_id", "id"),
        Index("ix_library_switch_switched_on", "switched_on", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    item_id: Mapped[UUID] = mapped_column(ForeignKey("library_item.id"))
    public: Mapped[bool]
    switched_on: Mapped[date]
    cause: Mapped[str]
    round_id: Mapped[UUID | None] = mapped_column(ForeignKey("library_round.id"))
    switched_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(default=utcnow, server_default=func.now())


class LibraryClaim(Aggregate, Base):
    """A founder's choice of a project, from the request to what became of it.

    `last_day` is the last one on which a follow-up keeps it from lapsing.
    """

    __tablename__ = "library_claim"
    __table_args__ = (
        UniqueConstraint("no", name="uq_library_claim_no"),
        CheckConstraint(f"status IN ({_words(*CLAIM_STATUSES)})", name="status_known"),
        CheckConstraint("answered_by <> requested_by", name="answered_by_another"),
        CheckConstraint(
            "status NOT IN ('claimed', 'lapsed', 'abandoned', 'succeeded')"
            " OR num_nulls(answered_by, answered_on, claimed_on, next_due_on, last_day) = 0",
            name="given_by_somebody",
        ),
        CheckConstraint(
            "(status IN ('requested', 'claimed')) = (ended_on IS NULL) AND ended_on >= requested_on"
            " AND (claimed_on IS NULL OR ended_on >= claimed_on)",
            name="ended_on_a_day",
        ),
        CheckConstraint("(status = 'succeeded') = (enterprise_id IS NOT NULL)", name="succeeded_with_an_enterprise"),
        CheckConstraint("status NOT IN ('refused', 'abandoned') OR reason_code IS NOT NULL", name="ended_with_reason"),
        CheckConstraint("claimed_on >= requested_on AND last_day >= next_due_on", name="days_in_order"),
        CheckConstraint("length(plan) BETWEEN 1 AND 2000", name="plan_length"),
        Index("uq_library_claim_current", "item_id", unique=True, postgresql_where=text(CURRENT)),
        Index("uq_library_claim_open", "item_id", "person_id", unique=True, postgresql_where=text(OPEN)),
        Index("ix_library_claim_item_id", "item_id", "id"),
        Index("ix_library_claim_person_id", "person_id", "id"),
        Index("ix_library_claim_centre_id", "centre_id", "id"),
        Index("ix_library_claim_last_day", "last_day", "id", postgresql_where=text(CURRENT)),
    )

    no: Mapped[str]
    item_id: Mapped[UUID] = mapped_column(ForeignKey("library_item.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    centre_id: Mapped[UUID | None] = mapped_column(ForeignKey("centre.id"))
    mentor_person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    plan: Mapped[str | None]
    """What the founder means to do with it; NULL once it was erased."""
    status: Mapped[str]
    edition: Mapped[str]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    requested_by: Mapped[str]
    requested_on: Mapped[date]
    answered_by: Mapped[str | None]
    answered_on: Mapped[date | None]
    document_no: Mapped[str | None]
    """Of the owner's answer on paper, where an officer entered it."""
    claimed_on: Mapped[date | None]
    last_follow_up_on: Mapped[date | None]
    next_due_on: Mapped[date | None]
    last_day: Mapped[date | None]
    enterprise_id: Mapped[UUID | None] = mapped_column(ForeignKey("enterprise.id"))
    ended_on: Mapped[date | None]
    reason_code: Mapped[str | None]


class LibraryFollowUp(Base):
    """An entry of the follow-up log. Only its text can go, when the person is erased."""

    __tablename__ = "library_follow_up"
    __table_args__ = (
        CheckConstraint(f"followed_by IN ({_words(*FOLLOWED_BY)})", name="followed_by_known"),
        CheckConstraint("note IS NULL OR length(note) BETWEEN 1 AND 2000", name="note_length"),
        CheckConstraint("next_due_on > held_on", name="next_one_later"),
        Index("ix_library_follow_up_claim_id", "claim_id", "held_on", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("library_claim.id"))
    kind: Mapped[str]
    held_on: Mapped[date]
    note: Mapped[str | None]
    next_due_on: Mapped[date]
    followed_by: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(default=utcnow, server_default=func.now())
