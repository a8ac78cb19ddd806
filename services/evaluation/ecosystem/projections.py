"""What evaluation knows of the registry's mentors, training, activities, alliances, pairs and communities, by events.

Like the other copies these carry no foreign keys to each other: topics have no order between them.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, Date, Index, Integer, PrimaryKeyConstraint, SmallInteger, Table, Text, Uuid

from services.evaluation.base import Base

CONFIRMED: Final = "confirmed"
COMPLETED: Final = "completed"
WAITING: Final = ("held", "submitted", "returned")
"""An activity that took place and is not decided on: it may still be verified."""
VERIFIED: Final = "verified"
ASSISTING: Final = "assist"
"""A centre's part in an activity that somebody else hosts or organises: kept, and counted by those."""
CENTRE_STAFF: Final = "centre_staff"
FOUNDERS: Final = "founders"
ATTENDED: Final = "attended"
OPEN: Final = "open"
SUSPENDED: Final = "suspended"
DECIDED_COMMUNITY: Final = (OPEN, SUSPENDED, "closed")
"""States of a community that was opened; before, nothing but a proposal is on record."""
ACCEPTED_REPORTS: Final = ("accepted", "seen")
"""A community's report that its division stands by."""


def _copy(name: str, *columns: Column[object] | Index) -> Table:
    """`event_id` is the last event that said so, for the lineage of scores."""
    return Table(
        name,
        Base.metadata,
        Column("id", Uuid, primary_key=True),
        Column("version", Integer, nullable=False),
        Column("event_id", Uuid, nullable=False),
        *columns,
    )


known_mentor = _copy(
    "known_mentor",
    Column("no", Text, nullable=False),
    Column("person_ref", Text),
    Column("status", Text, nullable=False),
)
"""A mentor as it stands."""

known_mentor_term = Table(
    "known_mentor_term",
    Base.metadata,
    Column("mentor_id", Uuid, nullable=False),
    Column("appointed_from", Date, nullable=False),
    Column("version", Integer, nullable=False),
    Column("appointed_until", Date),
    Column("ended_on", Date),
    Column("graduate_team", Boolean, nullable=False),
    PrimaryKeyConstraint("mentor_id", "appointed_from", name="pk_known_mentor_term"),
)
"""Each term that a mentor was appointed for, so that another one does not hide who was a mentor at a year's end.
`appointed_until` is its last day, or `ended_on` where that came first."""

known_mentor_link = _copy(
    "known_mentor_link",
    Column("mentor_id", Uuid, nullable=False),
    Column("centre_id", Uuid, nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date),
    Index("ix_known_mentor_link_centre_id", "centre_id"),
)
"""A mentor's link to a centre; `until` is its last day."""

known_mentor_session = _copy(
    "known_mentor_session",
    Column("no", Text, nullable=False),
    Column("mentor_id", Uuid, nullable=False),
    Column("centre_id", Uuid, nullable=False),
    Column("enterprise_id", Uuid),
    Column("held_on", Date, nullable=False),
    Column("status", Text, nullable=False),
    Index("ix_known_mentor_session_centre_id_held_on", "centre_id", "held_on"),
)
"""A mentor's session with an enterprise of a centre: those that it confirmed prefill who has a mentor."""

known_training_certificate = _copy(
    "known_training_certificate",
    Column("no", Text, nullable=False),
    Column("person_ref", Text),
    Column("audience", Text, nullable=False),
    Column("centre_id", Uuid),
    Column("issued_on", Date, nullable=False),
    Column("revoked_on", Date),
    Index("ix_known_training_certificate_person_ref", "person_ref", "issued_on"),
)
"""A certificate of the training register. It follows the person: whoever changes centres takes it along."""

known_training_session = _copy(
    "known_training_session",
    Column("no", Text, nullable=False),
    Column("centre_id", Uuid),
    Column("audience", Text, nullable=False),
    Column("held_on", Date, nullable=False),
    Column("ended_on", Date, nullable=False),
    Column("status", Text, nullable=False),
    Index("ix_known_training_session_centre_id_ended_on", "centre_id", "ended_on"),
)
"""A session of a course, at the centre that holds it; it counts in the quarter of its last day."""

known_enrolment = _copy(
    "known_enrolment",
    Column("no", Text, nullable=False),
    Column("session_id", Uuid, nullable=False),
    Column("status", Text, nullable=False),
    Index("ix_known_enrolment_session_id", "session_id"),
)
"""A place in a session, without whose it is."""

known_activity = _copy(
    "known_activity",
    Column("no", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("organiser_role", Text, nullable=False),
    Column("centre_id", Uuid),
    Column("alliance", Text),
    Column("held_on", Date, nullable=False),
    Column("heads", Integer),
    Column("status", Text, nullable=False),
    Column("verified_on", Date),
    Index("ix_known_activity_centre_id_held_on", "centre_id", "held_on"),
)
"""An activity of a centre, of a division or through an alliance; it counts in the year of its first day."""

known_alliance_member = _copy(
    "known_alliance_member",
    Column("alliance", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("joined_on", Date),
    Column("left_on", Date),
    Index("ix_known_alliance_member_alliance", "alliance"),
)
"""A member of an alliance."""

known_pairing = _copy(
    "known_pairing",
    Column("no", Text, nullable=False),
    Column("province_side", Text, nullable=False),
    Column("partner_id", Uuid, nullable=False),
    Column("enterprise_id", Uuid, nullable=False),
    Column("status", Text, nullable=False),
    Column("since", Date),
    Column("ended_on", Date),
)
"""A pair of an inland firm, which is a partner of the register, and a Lhasa enterprise."""

known_community_state = Table(
    "known_community_state",
    Base.metadata,
    Column("community_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("no", Text, nullable=False),
    Column("base_centre_id", Uuid, nullable=False),
    Column("sector", Text, nullable=False),
    Column("division", Text, nullable=False),
    Column("status", Text, nullable=False),
    PrimaryKeyConstraint("community_id", "version", name="pk_known_community_state"),
)
"""Each state of a community with its day: one that lost its base and found another was suspended in between."""

known_community_report = _copy(
    "known_community_report",
    Column("no", Text, nullable=False),
    Column("community_id", Uuid, nullable=False),
    Column("division", Text, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("resident_jobs", Integer),
    Column("late", Boolean),
    Column("accepted_on", Date),
    Index("ix_known_community_report_year", "year"),
)
"""A community's report of a year."""
