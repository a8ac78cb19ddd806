"""Activities, their series, winners and verification."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.kernel_schema import append_only

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

JSONB = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.create_table(
        "activity",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("series", sa.Text()),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("organiser_kind", sa.Text(), nullable=False),
        sa.Column("organiser_role", sa.Text(), nullable=False),
        sa.Column("centre_id", sa.Uuid()),
        sa.Column("division", sa.Text()),
        sa.Column("department", sa.Text()),
        sa.Column("alliance", sa.Text()),
        sa.Column("lead", sa.Text()),
        sa.Column("audiences", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("on_calendar", sa.Boolean(), nullable=False),
        sa.Column("heads", sa.Integer()),
        sa.Column("spend", sa.Numeric(precision=18, scale=2)),
        sa.Column("photo_ids", postgresql.ARRAY(sa.Uuid()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("paper_ids", postgresql.ARRAY(sa.Uuid()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("decision", JSONB),
        sa.Column("hands", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("submitted_by", sa.Text()),
        sa.Column("submitted_on", sa.Date()),
        sa.Column("first_submitted_on", sa.Date()),
        sa.Column("late_reason", sa.Text()),
        sa.Column("verified_by", sa.Text()),
        sa.Column("verified_on", sa.Date()),
        sa.Column("cancelled_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(organiser_kind = 'bureau') = (department IS NOT NULL)", name=op.f("ck_activity_bureau_as_organiser")
        ),
        sa.CheckConstraint(
            "(organiser_kind = 'centre') = (centre_id IS NOT NULL)", name=op.f("ck_activity_centre_as_organiser")
        ),
        sa.CheckConstraint(
            "(status = 'cancelled') = (cancelled_on IS NOT NULL)", name=op.f("ck_activity_cancelled_on_a_day")
        ),
        sa.CheckConstraint(
            "(status = 'verified') = (verified_on IS NOT NULL) AND (verified_on IS NULL) = (verified_by IS NULL)",
            name=op.f("ck_activity_verified_by_somebody"),
        ),
        sa.CheckConstraint(
            "held_on = (starts_at AT TIME ZONE 'Asia/Shanghai')::date"
            " AND ended_on = (ends_at AT TIME ZONE 'Asia/Shanghai')::date",
            name=op.f("ck_activity_days_of_the_city"),
        ),
        sa.CheckConstraint(
            "organiser_kind <> 'alliance' OR alliance IS NOT NULL", name=op.f("ck_activity_alliance_as_organiser")
        ),
        sa.CheckConstraint(
            "organiser_kind IN ('centre', 'division', 'bureau', 'alliance')",
            name=op.f("ck_activity_organiser_kind_known"),
        ),
        sa.CheckConstraint(
            "organiser_kind NOT IN ('centre', 'division') OR division IS NOT NULL",
            name=op.f("ck_activity_division_as_organiser"),
        ),
        sa.CheckConstraint(
            "status IN ('planned', 'cancelled') OR heads IS NOT NULL", name=op.f("ck_activity_held_with_attendance")
        ),
        sa.CheckConstraint(
            "status IN ('planned', 'held', 'submitted', 'verified', 'returned', 'rejected', 'cancelled')",
            name=op.f("ck_activity_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('returned', 'rejected', 'cancelled') OR reason_code IS NOT NULL",
            name=op.f("ck_activity_ended_with_reason"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('submitted', 'verified') OR num_nulls(submitted_by, submitted_on, decision) = 0",
            name=op.f("ck_activity_submitted_by_somebody"),
        ),
        sa.CheckConstraint("cardinality(audiences) > 0", name=op.f("ck_activity_for_somebody")),
        sa.CheckConstraint("cardinality(hands) > 0 AND verified_by <> ALL (hands)", name=op.f("ck_activity_four_eyes")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_activity_ends_after_it_starts")),
        sa.CheckConstraint("heads >= 0", name=op.f("ck_activity_heads_counted")),
        sa.CheckConstraint("spend >= 0", name=op.f("ck_activity_spend_counted")),
        sa.CheckConstraint("submitted_on > ended_on", name=op.f("ck_activity_submitted_when_over")),
        sa.CheckConstraint(
            "submitted_on IS NULL OR first_submitted_on IS NOT NULL", name=op.f("ck_activity_first_submitted_once")
        ),
        sa.CheckConstraint("verified_on >= submitted_on", name=op.f("ck_activity_verified_after_submission")),
        postgresql.ExcludeConstraint(
            (sa.column("centre_id"), "="),
            (sa.column("place"), "="),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            where=sa.text("centre_id IS NOT NULL AND status IN ('submitted', 'verified')"),
            using="gist",
            name="ex_activity_counted_once",
        ),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_activity_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("no", name="uq_activity_no"),
    )
    op.create_index("ix_activity_centre_id", "activity", ["centre_id", "held_on"], unique=False)
    op.create_index("ix_activity_division", "activity", ["division", "held_on"], unique=False)
    op.create_index("ix_activity_held_on", "activity", ["held_on", "ended_on"], unique=False)
    op.create_index(
        "ix_activity_series",
        "activity",
        ["series", "held_on"],
        unique=False,
        postgresql_where=sa.text("series IS NOT NULL"),
    )
    op.create_index("ix_activity_starts_at", "activity", ["starts_at", "id"], unique=False)
    op.create_index("ix_activity_status", "activity", ["status", "id"], unique=False)
    op.create_table(
        "activity_series",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_series")),
        sa.UniqueConstraint("code", name="uq_activity_series_code"),
    )
    op.create_table(
        "activity_series_year",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("series_id", sa.Uuid(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("lead", sa.Text(), nullable=False),
        sa.Column("alliance", sa.Text()),
        sa.Column("planned_from", sa.Date(), nullable=False),
        sa.Column("planned_until", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("closed_by", sa.Text()),
        sa.Column("closed_on", sa.Date()),
        sa.Column("document_no", sa.Text()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status = 'open') = (closed_on IS NULL)", name=op.f("ck_activity_series_year_closed_on_a_day")
        ),
        sa.CheckConstraint(
            "status <> 'cancelled' OR reason_code IS NOT NULL",
            name=op.f("ck_activity_series_year_cancelled_with_reason"),
        ),
        sa.CheckConstraint(
            "status <> 'closed' OR document_no IS NOT NULL", name=op.f("ck_activity_series_year_closed_with_document")
        ),
        sa.CheckConstraint(
            "status IN ('open', 'closed', 'cancelled')", name=op.f("ck_activity_series_year_status_known")
        ),
        sa.CheckConstraint(
            "(closed_on IS NULL) = (closed_by IS NULL)", name=op.f("ck_activity_series_year_closed_by_somebody")
        ),
        sa.CheckConstraint(
            "extract(year FROM planned_from) = year AND extract(year FROM planned_until) = year",
            name=op.f("ck_activity_series_year_planned_in_its_year"),
        ),
        sa.CheckConstraint("planned_until >= planned_from", name=op.f("ck_activity_series_year_planned_forward")),
        sa.ForeignKeyConstraint(["series_id"], ["activity_series.id"], name=op.f("fk_activity_series_year_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_series_year")),
        sa.UniqueConstraint("no", name="uq_activity_series_year_no"),
    )
    op.create_index(
        "uq_activity_series_year_one",
        "activity_series_year",
        ["series_id", "year"],
        unique=True,
        postgresql_where=sa.text("status <> 'cancelled'"),
    )
    op.create_table(
        "activity_winner",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("award", sa.Text(), nullable=False),
        sa.Column("prize", sa.Numeric(precision=18, scale=2)),
        sa.Column("project_id", sa.Uuid()),
        sa.Column("enterprise_id", sa.Uuid()),
        sa.Column("person_id", sa.Uuid()),
        sa.Column("name_shown", sa.Boolean(), nullable=False),
        sa.Column("photo_id", sa.Uuid()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("next_due_on", sa.Date()),
        sa.Column("ended_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("erased_on", sa.Date()),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(status = 'open') = (ended_on IS NULL)", name=op.f("ck_activity_winner_ended_on_a_day")),
        sa.CheckConstraint(
            "(status = 'open') = (next_due_on IS NOT NULL)", name=op.f("ck_activity_winner_open_until_a_day")
        ),
        sa.CheckConstraint(
            "status IN ('open', 'given_up', 'completed', 'removed')", name=op.f("ck_activity_winner_status_known")
        ),
        sa.CheckConstraint(
            "status NOT IN ('given_up', 'removed') OR reason_code IS NOT NULL",
            name=op.f("ck_activity_winner_ended_with_reason"),
        ),
        sa.CheckConstraint(
            "NOT name_shown OR (person_id IS NOT NULL AND erased_on IS NULL)",
            name=op.f("ck_activity_winner_name_of_a_person"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(project_id, enterprise_id, person_id) = 1", name=op.f("ck_activity_winner_one_party")
        ),
        sa.CheckConstraint(
            "photo_id IS NULL OR (name_shown AND erased_on IS NULL)",
            name=op.f("ck_activity_winner_photograph_with_consent"),
        ),
        sa.CheckConstraint("prize > 0", name=op.f("ck_activity_winner_prize_positive")),
        sa.CheckConstraint("rank > 0", name=op.f("ck_activity_winner_rank_counted")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_activity_winner_activity_id")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_activity_winner_enterprise_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_activity_winner_person_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_activity_winner_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_winner")),
        sa.UniqueConstraint("no", name="uq_activity_winner_no"),
    )
    op.create_index(
        "ix_activity_winner_next_due_on",
        "activity_winner",
        ["next_due_on", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "ix_activity_winner_person_id",
        "activity_winner",
        ["person_id"],
        unique=False,
        postgresql_where=sa.text("person_id IS NOT NULL"),
    )
    op.create_index(
        "uq_activity_winner_enterprise_id",
        "activity_winner",
        ["activity_id", "enterprise_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'removed' AND enterprise_id IS NOT NULL"),
    )
    op.create_index(
        "uq_activity_winner_person_id",
        "activity_winner",
        ["activity_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'removed' AND person_id IS NOT NULL"),
    )
    op.create_index(
        "uq_activity_winner_project_id",
        "activity_winner",
        ["activity_id", "project_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'removed' AND project_id IS NOT NULL"),
    )
    op.create_table(
        "activity_winner_follow_up",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("winner_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("followed_on", sa.Date(), nullable=False),
        sa.Column("centre_id", sa.Uuid()),
        sa.Column("amount", sa.Numeric(precision=18, scale=2)),
        sa.Column("document_no", sa.Text()),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_activity_winner_follow_up_amount_positive")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_activity_winner_follow_up_centre_id")),
        sa.ForeignKeyConstraint(
            ["winner_id"], ["activity_winner.id"], name=op.f("fk_activity_winner_follow_up_winner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_winner_follow_up")),
    )
    op.create_index(
        "ix_activity_winner_follow_up_winner_id",
        "activity_winner_follow_up",
        ["winner_id", "followed_on", "id"],
        unique=False,
    )
    append_only(op, "activity_winner_follow_up")


def downgrade() -> None:
    raise NotImplementedError("what was recorded since would be lost: restore a backup instead")
