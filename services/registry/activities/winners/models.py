"""The tables of winners and their follow-up."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.activities.winners.rules import STATUSES
from services.registry.base import Base
from shared.clock import utcnow
from shared.db import Aggregate
from shared.ids import uuid7

_STATES = ", ".join(f"'{status}'" for status in STATUSES)
_PARTIES = ("project_id", "enterprise_id", "person_id")


class ActivityWinner(Aggregate, Base):
    """A result: a project, an enterprise or a person and what it won. A person's name is told to the public only while
    `name_shown`, which its consent carries; `erased_on` is the day on which who it was went off the record."""

    __tablename__ = "activity_winner"
    __table_args__ = (
        UniqueConstraint("no", name="uq_activity_winner_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("num_nonnulls(project_id, enterprise_id, person_id) = 1", name="one_party"),
        CheckConstraint("rank > 0", name="rank_counted"),
        CheckConstraint("prize > 0", name="prize_positive"),
        CheckConstraint("NOT name_shown OR (person_id IS NOT NULL AND erased_on IS NULL)", name="name_of_a_person"),
        CheckConstraint("photo_id IS NULL OR (name_shown AND erased_on IS NULL)", name="photograph_with_consent"),
        CheckConstraint("(status = 'open') = (next_due_on IS NOT NULL)", name="open_until_a_day"),
        CheckConstraint("(status = 'open') = (ended_on IS NULL)", name="ended_on_a_day"),
        CheckConstraint("status NOT IN ('given_up', 'removed') OR reason_code IS NOT NULL", name="ended_with_reason"),
        *(
            Index(
                f"uq_activity_winner_{party}",
                "activity_id",
                party,
                unique=True,
                postgresql_where=text(f"status <> 'removed' AND {party} IS NOT NULL"),
            )
            for party in _PARTIES
        ),
        Index("ix_activity_winner_next_due_on", "next_due_on", "id", postgresql_where=text("status = 'open'")),
        Index("ix_activity_winner_person_id", "person_id", postgresql_where=text("person_id IS NOT NULL")),
    )

    no: Mapped[str]
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("activity.id"))
    rank: Mapped[int]
    award: Mapped[str]
    prize: Mapped[Decimal | None]
    """Prize money in yuan."""
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id"))
    enterprise_id: Mapped[UUID | None] = mapped_column(ForeignKey("enterprise.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    name_shown: Mapped[bool]
    photo_id: Mapped[UUID | None]
    """A document of the activity that shows the person."""
    status: Mapped[str]
    next_due_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    entered_by: Mapped[str]
    erased_on: Mapped[date | None]


class WinnerFollowUp(Base):
    """What was found about a winner on a day. Only added to."""

    __tablename__ = "activity_winner_follow_up"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        Index("ix_activity_winner_follow_up_winner_id", "winner_id", "followed_on", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    winner_id: Mapped[UUID] = mapped_column(ForeignKey("activity_winner.id"))
    kind: Mapped[str]
    followed_on: Mapped[date]
    centre_id: Mapped[UUID | None] = mapped_column(ForeignKey("centre.id"))
    amount: Mapped[Decimal | None]
    document_no: Mapped[str | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(default=utcnow, server_default=func.now())
