"""What the registry records about communities, training and who attended; what a report was compared with."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("report_revision", sa.Column("recorded", postgresql.JSONB(), nullable=True))
    _create_training()
    _create_communities()


def _create_training() -> None:
    op.create_table(
        "known_training_session",
        *_told(),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=True),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_training_session")),
    )
    op.create_index("ix_known_training_session_centre_id_ended_on", "known_training_session", ["centre_id", "ended_on"])
    op.create_table(
        "known_enrolment",
        *_told(),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_enrolment")),
    )
    op.create_index("ix_known_enrolment_session_id", "known_enrolment", ["session_id"])


def _create_communities() -> None:
    op.create_table(
        "known_community_state",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("base_centre_id", sa.Uuid(), nullable=False),
        sa.Column("sector", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "version", name=op.f("pk_known_community_state")),
    )
    op.create_table(
        "known_community_report",
        *_told(),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("resident_jobs", sa.Integer(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_community_report")),
    )
    op.create_index("ix_known_community_report_year", "known_community_report", ["year"])


def _told() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("forward only: restore a backup instead")
