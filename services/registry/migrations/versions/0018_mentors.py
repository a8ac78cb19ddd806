"""Mentors, their appointments, centres and sessions."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _create_mentor()
    _create_mentor_term()
    _create_mentor_link()
    _create_mentor_session()


def _create_mentor() -> None:
    op.create_table(
        "mentor",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("introduction", sa.Text(), nullable=True),
        sa.Column("graduate_team", sa.Boolean(), nullable=False),
        sa.Column("appointed_from", sa.Date(), nullable=True),
        sa.Column("appointed_until", sa.Date(), nullable=True),
        sa.Column("document_no", sa.Text(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status = 'ended') = (ended_on IS NOT NULL) AND (status <> 'ended' OR reason_code IS NOT NULL)",
            name=op.f("ck_mentor_ended_with_reason"),
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'appointed', 'refused', 'ended')", name=op.f("ck_mentor_status_known")
        ),
        sa.CheckConstraint(
            "status NOT IN ('appointed', 'ended') OR num_nulls(appointed_from, appointed_until) = 0",
            name=op.f("ck_mentor_appointed_for_a_term"),
        ),
        sa.CheckConstraint("appointed_until >= appointed_from", name=op.f("ck_mentor_term_forward")),
        sa.CheckConstraint("cardinality(fields) BETWEEN 1 AND 20", name=op.f("ck_mentor_with_fields")),
        sa.CheckConstraint("ended_on <= appointed_until", name=op.f("ck_mentor_ended_within_its_term")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mentor_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentor")),
        sa.UniqueConstraint("no", name="uq_mentor_no"),
        sa.UniqueConstraint("person_id", name="uq_mentor_person_id"),
    )
    op.create_index(
        "ix_mentor_appointed_until",
        "mentor",
        ["appointed_until", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'appointed'"),
    )
    op.create_index("ix_mentor_status", "mentor", ["status", "id"], unique=False)


def _create_mentor_term() -> None:
    op.create_table(
        "mentor_term",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mentor_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("decision", postgresql.JSONB(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("document_no", sa.Text(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("mentor_id"), "="),
            (sa.text("daterange(from_on, last_on, '[]')"), "&&"),
            where=sa.text("status = 'appointed' AND last_on >= from_on"),
            using="gist",
            name="ex_mentor_term_period",
        ),
        sa.CheckConstraint(
            "(status = 'appointed') = (last_on IS NOT NULL)", name=op.f("ck_mentor_term_holds_when_appointed")
        ),
        sa.CheckConstraint(
            "(status = 'proposed') = (decided_by IS NULL) AND num_nulls(decided_by, decided_on) IN (0, 2)",
            name=op.f("ck_mentor_term_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "status <> 'appointed' OR document_no IS NOT NULL", name=op.f("ck_mentor_term_appointed_by_document")
        ),
        sa.CheckConstraint(
            "status <> 'refused' OR reason_code IS NOT NULL", name=op.f("ck_mentor_term_refused_with_reason")
        ),
        sa.CheckConstraint("status IN ('proposed', 'appointed', 'refused')", name=op.f("ck_mentor_term_status_known")),
        sa.CheckConstraint("status <> 'appointed' OR decided_by <> proposed_by", name=op.f("ck_mentor_term_four_eyes")),
        sa.CheckConstraint("last_on BETWEEN from_on - 1 AND until_on", name=op.f("ck_mentor_term_last_day_within")),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_mentor_term_term_forward")),
        sa.ForeignKeyConstraint(["mentor_id"], ["mentor.id"], name=op.f("fk_mentor_term_mentor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentor_term")),
    )
    op.create_index("ix_mentor_term_mentor_id", "mentor_term", ["mentor_id", "id"], unique=False)
    op.create_index(
        "uq_mentor_term_open",
        "mentor_term",
        ["mentor_id"],
        unique=True,
        postgresql_where=sa.text("status = 'proposed'"),
    )


def _create_mentor_link() -> None:
    op.create_table(
        "mentor_link",
        sa.Column("mentor_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("mentor_id"), "="),
            (sa.column("centre_id"), "="),
            (sa.text("daterange(since, until, '[]')"), "&&"),
            using="gist",
            name="ex_mentor_link_period",
        ),
        sa.CheckConstraint("until >= since", name=op.f("ck_mentor_link_period_forward")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_mentor_link_centre_id")),
        sa.ForeignKeyConstraint(["mentor_id"], ["mentor.id"], name=op.f("fk_mentor_link_mentor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentor_link")),
    )
    op.create_index("ix_mentor_link_centre_id", "mentor_link", ["centre_id", "id"], unique=False)
    op.create_index("ix_mentor_link_mentor_id", "mentor_link", ["mentor_id", "id"], unique=False)


def _create_mentor_session() -> None:
    op.create_table(
        "mentor_session",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("mentor_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("hours", sa.Numeric(precision=4, scale=1), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("decision", postgresql.JSONB(), nullable=False),
        sa.Column("recorded_as", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("recorded_as IN ('mentor', 'centre')", name=op.f("ck_mentor_session_recorded_as_known")),
        sa.CheckConstraint(
            "status IN ('recorded', 'confirmed', 'contested', 'withdrawn')", name=op.f("ck_mentor_session_status_known")
        ),
        sa.CheckConstraint(
            "status NOT IN ('confirmed', 'contested') OR num_nulls(answered_by, answered_on) = 0",
            name=op.f("ck_mentor_session_answered_by_somebody"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('contested', 'withdrawn') OR reason_code IS NOT NULL",
            name=op.f("ck_mentor_session_with_reason"),
        ),
        sa.CheckConstraint("answered_by <> recorded_by", name=op.f("ck_mentor_session_answered_by_another")),
        sa.CheckConstraint("answered_on >= held_on", name=op.f("ck_mentor_session_answered_after_it_was_held")),
        sa.CheckConstraint("hours > 0", name=op.f("ck_mentor_session_hours_positive")),
        sa.CheckConstraint("num_nonnulls(enterprise_id, project_id) = 1", name=op.f("ck_mentor_session_one_advised")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_mentor_session_centre_id")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_mentor_session_enterprise_id")),
        sa.ForeignKeyConstraint(["mentor_id"], ["mentor.id"], name=op.f("fk_mentor_session_mentor_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_mentor_session_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentor_session")),
        sa.UniqueConstraint("no", name="uq_mentor_session_no"),
    )
    op.create_index("ix_mentor_session_centre_id", "mentor_session", ["centre_id", "held_on"], unique=False)
    op.create_index("ix_mentor_session_enterprise_id", "mentor_session", ["enterprise_id", "held_on"], unique=False)
    op.create_index("ix_mentor_session_held_on", "mentor_session", ["held_on", "id"], unique=False)
    op.create_index("ix_mentor_session_mentor_id", "mentor_session", ["mentor_id", "held_on"], unique=False)
    op.create_index("ix_mentor_session_project_id", "mentor_session", ["project_id", "held_on"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("what was recorded since would be lost: restore a backup instead")
