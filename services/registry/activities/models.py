"""The table of activities."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.activities.rules import ORGANISERS, STATUSES
from services.registry.base import Base
from shared.db import Aggregate

_STATES = ", ".join(f"'{status}'" for status in STATUSES)
_ORGANISERS = ", ".join(f"'{kind}'" for kind in ORGANISERS)
_CITY = "AT TIME ZONE 'Asia/Shanghai'"


class Activity(Aggregate, Base):
    """One activity. `held_on` and `ended_on` are its first and last day in the city; it counts, once verified, for the
    year of the first."""

    __tablename__ = "activity"
    __table_args__ = (
        UniqueConstraint("no", name="uq_activity_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint(f"organiser_kind IN ({_ORGANISERS})", name="organiser_kind_known"),
        CheckConstraint("(organiser_kind = 'centre') = (centre_id IS NOT NULL)", name="centre_as_organiser"),
        CheckConstraint("(organiser_kind = 'bureau') = (department IS NOT NULL)", name="bureau_as_organiser"),
        CheckConstraint(
            "organiser_kind NOT IN ('centre', 'division') OR division IS NOT NULL", name="division_as_organiser"
        ),
        CheckConstraint("organiser_kind <> 'alliance' OR alliance IS NOT NULL", name="alliance_as_organiser"),
        CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
        CheckConstraint(
            f"held_on = (starts_at {_CITY})::date AND ended_on = (ends_at {_CITY})::date", name="days_of_the_city"
        ),
        CheckConstraint("cardinality(audiences) > 0", name="for_somebody"),
        CheckConstraint("heads >= 0", name="heads_counted"),
        CheckConstraint("spend >= 0", name="spend_counted"),
        CheckConstraint("cardinality(hands) > 0 AND verified_by <> ALL (hands)", name="four_eyes"),
        CheckConstraint("status IN ('planned', 'cancelled') OR heads IS NOT NULL", name="held_with_attendance"),
        CheckConstraint(
            "status NOT IN ('submitted', 'verified') OR num_nulls(submitted_by, submitted_on, decision) = 0",
            name="submitted_by_somebody",
        ),
        CheckConstraint("submitted_on > ended_on", name="submitted_when_over"),
        CheckConstraint("submitted_on IS NULL OR first_submitted_on IS NOT NULL", name="first_submitted_once"),
        CheckConstraint(
            "(status = 'verified') = (verified_on IS NOT NULL) AND (verified_on IS NULL) = (verified_by IS NULL)",
            name="verified_by_somebody",
        ),
        CheckConstraint(
            "num_nulls(withdrawal_noted_by, withdrawal_reason) IN (0, 2)"
            " AND (withdrawal_reason IS NULL OR status = 'verified')",
            name="withdrawal_noted",
        ),
        CheckConstraint("verified_on >= submitted_on", name="verified_after_submission"),
        CheckConstraint("(status = 'cancelled') = (cancelled_on IS NOT NULL)", name="cancelled_on_a_day"),
        ExcludeConstraint(
            ("centre_id", "="),
            ("place", "="),
            (text("tstzrange(starts_at, ends_at)"), "&&"),
            where=text("centre_id IS NOT NULL AND status IN ('submitted', 'verified')"),
            using="gist",
            name="ex_activity_counted_once",
        ),
        CheckConstraint(
            "status NOT IN ('returned', 'rejected', 'cancelled') OR reason_code IS NOT NULL", name="ended_with_reason"
        ),
        Index("ix_activity_starts_at", "starts_at", "id"),
        Index("ix_activity_held_on", "held_on", "ended_on"),
        Index("ix_activity_centre_id", "centre_id", "held_on"),
        Index("ix_activity_division", "division", "held_on"),
        Index("ix_activity_status", "status", "id"),
        Index("ix_activity_series", "series", "held_on", postgresql_where=text("series IS NOT NULL")),
    )

    no: Mapped[str]
    title: Mapped[str]
    series: Mapped[str | None]
    level: Mapped[str]
    organiser_kind: Mapped[str]
    organiser_role: Mapped[str]
    centre_id: Mapped[UUID | None] = mapped_column(ForeignKey("centre.id"))
    division: Mapped[str | None]
    """Where the organiser belongs; None for the city's bureaus and alliances."""
    department: Mapped[str | None]
    alliance: Mapped[str | None]
    """Through which it is held."""
    lead: Mapped[str | None]
    """Department or division that leads the series, by the edition of its day."""
    audiences: Mapped[list[str]] = mapped_column(ARRAY(Text))
    place: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    held_on: Mapped[date]
    ended_on: Mapped[date]
    on_calendar: Mapped[bool]
    """Whether the public calendar shows it."""
    heads: Mapped[int | None]
    spend: Mapped[Decimal | None]
    """In yuan."""
    photo_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), default=list, server_default=text("'{}'"))
    paper_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), default=list, server_default=text("'{}'"))
    """Documents of the activity that are named as evidence."""
    status: Mapped[str]
    edition: Mapped[str]
    decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    hands: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """The accounts that entered, changed or reported it; none of them verifies it."""
    recorded_by: Mapped[str]
    submitted_by: Mapped[str | None]
    submitted_on: Mapped[date | None]
    first_submitted_on: Mapped[date | None]
    """The window is kept by it: time that a bureau takes to send a report back is not the organiser's."""
    late_reason: Mapped[str | None]
    verified_by: Mapped[str | None]
    verified_on: Mapped[date | None]
    withdrawal_noted_by: Mapped[str | None]
    """Who wants the verification taken back, until another person decides so."""
    withdrawal_reason: Mapped[str | None]
    cancelled_on: Mapped[date | None]
    reason_code: Mapped[str | None]
