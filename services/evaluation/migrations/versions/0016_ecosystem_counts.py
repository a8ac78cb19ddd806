"""What the registry records about mentors, training, activities and alliances, and which years count it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_STAFF_READ_AGAIN = (
    "UPDATE known_staff SET version = 0",
    "DELETE FROM consumer_cursor WHERE topic = 'registry.staff'",
)
"""The copies have no persons yet. Until the topic has been read again they stay as they are; nothing commands by it."""

_BEGUN_BY_FORM = """
    INSERT INTO year_counted_by_form (year)
    SELECT year FROM evaluation_cycle UNION SELECT year FROM quarterly_report
    UNION SELECT extract(year FROM now() AT TIME ZONE 'Asia/Shanghai')::smallint WHERE EXISTS (SELECT FROM known_centre)
"""
"""Years with a report or a cycle, and the running one where there are centres, began under the rule that the form's
numbers count, and keep it."""


def upgrade() -> None:
    op.create_table(
        "year_counted_by_form",
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_year_counted_by_form")),
    )
    op.execute(_BEGUN_BY_FORM)
    op.add_column("known_staff", sa.Column("person_ref", sa.Text(), nullable=True))
    for statement in _STAFF_READ_AGAIN:
        op.execute(statement)
    _create_mentors()
    _create_training()
    _create_activities()
    _create_alliances()


def _copy(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )


def _text(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _day(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Date(), nullable=nullable)


def _uuid(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _create_mentors() -> None:
    _copy("known_mentor", _text("no"), _text("person_ref", nullable=True), _text("status"))
    op.create_table(
        "known_mentor_term",
        _uuid("mentor_id"),
        _day("appointed_from"),
        sa.Column("version", sa.Integer(), nullable=False),
        _day("appointed_until", nullable=True),
        _day("ended_on", nullable=True),
        sa.Column("graduate_team", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("mentor_id", "appointed_from", name=op.f("pk_known_mentor_term")),
    )
    _copy("known_mentor_link", _uuid("mentor_id"), _uuid("centre_id"), _day("since"), _day("until", nullable=True))
    op.create_index("ix_known_mentor_link_centre_id", "known_mentor_link", ["centre_id"])
    _copy(
        "known_mentor_session",
        _text("no"),
        _uuid("mentor_id"),
        _uuid("centre_id"),
        _uuid("enterprise_id", nullable=True),
        _day("held_on"),
        _text("status"),
    )
    op.create_index("ix_known_mentor_session_centre_id_held_on", "known_mentor_session", ["centre_id", "held_on"])


def _create_training() -> None:
    _copy(
        "known_training_certificate",
        _text("no"),
        _text("person_ref", nullable=True),
        _text("audience"),
        _uuid("centre_id", nullable=True),
        _day("issued_on"),
        _day("revoked_on", nullable=True),
    )
    op.create_index(
        "ix_known_training_certificate_person_ref", "known_training_certificate", ["person_ref", "issued_on"]
    )


def _create_activities() -> None:
    _copy(
        "known_activity",
        _text("no"),
        _text("title"),
        _text("level"),
        _text("organiser_role"),
        _uuid("centre_id", nullable=True),
        _text("alliance", nullable=True),
        _day("held_on"),
        sa.Column("heads", sa.Integer(), nullable=True),
        _text("status"),
        _day("verified_on", nullable=True),
    )
    op.create_index("ix_known_activity_centre_id_held_on", "known_activity", ["centre_id", "held_on"])
    op.add_column("alliance_record", _uuid("activity_id", nullable=True))
    op.create_index("uq_alliance_record_activity_id", "alliance_record", ["activity_id"], unique=True)


def _create_alliances() -> None:
    _copy(
        "known_alliance_member",
        _text("alliance"),
        _text("kind"),
        _text("status"),
        _day("joined_on", nullable=True),
        _day("left_on", nullable=True),
    )
    op.create_index("ix_known_alliance_member_alliance", "known_alliance_member", ["alliance"])
    _copy(
        "known_pairing",
        _text("no"),
        _text("province_side"),
        _uuid("partner_id"),
        _uuid("enterprise_id"),
        _text("status"),
        _day("since", nullable=True),
        _day("ended_on", nullable=True),
    )


def downgrade() -> None:
    raise NotImplementedError("what was recorded since would be lost: restore a backup instead")
