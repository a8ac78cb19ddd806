"""Courses, sessions, enrolments and certificates."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.kernel_schema import append_only

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Who is enrolled, has attended or missed has a place. Counted here, under the session's row, and held by a constraint
# there: no program, and no two of them, can give away a place that is not there.
_COUNT_SEATS = """
CREATE FUNCTION count_training_seats() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before integer := 0;
    after integer := 0;
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.status IN ('enrolled', 'attended', 'missed') THEN
        before := 1;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.status IN ('enrolled', 'attended', 'missed') THEN
        after := 1;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.session_id <> OLD.session_id THEN
        RAISE EXCEPTION 'an enrolment stays in its session' USING ERRCODE = 'restrict_violation';
    END IF;
    IF before <> after THEN
        UPDATE training_session SET seats_taken = seats_taken + after - before
        WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.session_id ELSE NEW.session_id END;
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    _create_training_course()
    _create_training_session()
    _create_training_meeting()
    _create_enrolment()
    _create_training_attendance()
    _create_training_certificate()
    _create_training_evaluation()
    op.execute(_COUNT_SEATS)
    op.execute(
        "CREATE TRIGGER enrolment_seats AFTER INSERT OR UPDATE OR DELETE ON enrolment"
        " FOR EACH ROW EXECUTE FUNCTION count_training_seats()"
    )
    append_only(op, "training_attendance", role_may_update=("struck_by", "struck_at", "struck_reason"))


def downgrade() -> None:
    raise NotImplementedError("what was recorded since would be lost: restore a backup instead")


def _create_training_course() -> None:
    op.create_table(
        "training_course",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("certified", sa.Boolean(), nullable=False),
        sa.Column("centre_id", sa.Uuid()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("published_by", sa.Text()),
        sa.Column("published_on", sa.Date()),
        sa.Column("closed_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status = 'closed') = (closed_on IS NOT NULL) AND (status <> 'closed' OR reason_code IS NOT NULL)",
            name=op.f("ck_training_course_closed_with_reason"),
        ),
        sa.CheckConstraint("audience IN ('founders', 'centre_staff')", name=op.f("ck_training_course_audience_known")),
        sa.CheckConstraint(
            "status = 'draft' OR num_nulls(published_by, published_on) = 0",
            name=op.f("ck_training_course_published_by_somebody"),
        ),
        sa.CheckConstraint("status IN ('draft', 'published', 'closed')", name=op.f("ck_training_course_status_known")),
        sa.CheckConstraint("closed_on >= published_on", name=op.f("ck_training_course_steps_in_order")),
        sa.CheckConstraint("length(summary) BETWEEN 1 AND 5000", name=op.f("ck_training_course_summary_length")),
        sa.CheckConstraint("published_by <> drafted_by", name=op.f("ck_training_course_four_eyes")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_training_course_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_course")),
        sa.UniqueConstraint("no", name="uq_training_course_no"),
    )
    op.create_index("ix_training_course_centre_id", "training_course", ["centre_id", "id"])
    op.create_index("ix_training_course_status", "training_course", ["status", "id"])


def _create_training_session() -> None:
    op.create_table(
        "training_session",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid()),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("seats_taken", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("queue_last", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("enrol_from", sa.Date(), nullable=False),
        sa.Column("enrol_until", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("trainer_id", sa.Uuid()),
        sa.Column("planned_by", sa.Text(), nullable=False),
        sa.Column("completed_by", sa.Text()),
        sa.Column("completed_on", sa.Date()),
        sa.Column("cancelled_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status = 'cancelled') = (cancelled_on IS NOT NULL) AND"
            " (status <> 'cancelled' OR reason_code IS NOT NULL)",
            name=op.f("ck_training_session_cancelled_with_reason"),
        ),
        sa.CheckConstraint(
            "(status = 'completed') = (completed_on IS NOT NULL) AND num_nulls(completed_on, completed_by) IN (0, 2)",
            name=op.f("ck_training_session_completed_by_somebody"),
        ),
        sa.CheckConstraint(
            "status IN ('planned', 'completed', 'cancelled')", name=op.f("ck_training_session_status_known")
        ),
        sa.CheckConstraint("capacity BETWEEN 1 AND 2000", name=op.f("ck_training_session_capacity_range")),
        sa.CheckConstraint(
            "enrol_from <= enrol_until AND enrol_until <= held_on",
            name=op.f("ck_training_session_enrolment_before_the_session"),
        ),
        sa.CheckConstraint("held_on <= ended_on", name=op.f("ck_training_session_days_forward")),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_training_session_minutes_positive")),
        sa.CheckConstraint("queue_last >= 0", name=op.f("ck_training_session_queue_forward")),
        sa.CheckConstraint("seats_taken BETWEEN 0 AND capacity", name=op.f("ck_training_session_never_oversold")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_training_session_centre_id")),
        sa.ForeignKeyConstraint(["course_id"], ["training_course.id"], name=op.f("fk_training_session_course_id")),
        sa.ForeignKeyConstraint(["trainer_id"], ["person.id"], name=op.f("fk_training_session_trainer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_session")),
        sa.UniqueConstraint("no", name="uq_training_session_no"),
    )
    op.create_index("ix_training_session_centre_id", "training_session", ["centre_id", "id"])
    op.create_index("ix_training_session_course_id", "training_session", ["course_id", "id"])
    op.create_index("ix_training_session_held_on", "training_session", ["held_on", "id"])
    op.create_index("ix_training_session_trainer_id", "training_session", ["trainer_id"])


def _create_training_meeting() -> None:
    op.create_table(
        "training_meeting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("salt", sa.LargeBinary()),
        sa.CheckConstraint("length(salt) = 32", name=op.f("ck_training_meeting_salt_length")),
        sa.CheckConstraint("number BETWEEN 1 AND 60", name=op.f("ck_training_meeting_number_range")),
        sa.CheckConstraint("starts < ends", name=op.f("ck_training_meeting_time_forward")),
        sa.ForeignKeyConstraint(["session_id"], ["training_session.id"], name=op.f("fk_training_meeting_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_meeting")),
        sa.UniqueConstraint("id", "session_id", name="uq_training_meeting_session"),
        sa.UniqueConstraint("session_id", "number", name="uq_training_meeting_number"),
    )


def _create_enrolment() -> None:
    op.create_table(
        "enrolment",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid()),
        sa.Column("centre_id", sa.Uuid()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("queue_no", sa.Integer(), nullable=False),
        sa.Column("enrolled_by", sa.Text(), nullable=False),
        sa.Column("enrolled_on", sa.Date(), nullable=False),
        sa.Column("promoted_on", sa.Date()),
        sa.Column("cancelled_on", sa.Date()),
        sa.Column("minutes_attended", sa.Integer()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("evaluated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("notice", sa.Text()),
        sa.Column("notice_on", sa.Date()),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status = 'cancelled') = (cancelled_on IS NOT NULL)", name=op.f("ck_enrolment_cancelled_on_a_day")
        ),
        sa.CheckConstraint("NOT evaluated OR status = 'attended'", name=op.f("ck_enrolment_evaluated_by_who_attended")),
        sa.CheckConstraint(
            "notice IN ('promoted', 'moved', 'session_cancelled')", name=op.f("ck_enrolment_notice_known")
        ),
        sa.CheckConstraint(
            "status IN ('enrolled', 'waiting', 'attended', 'missed', 'cancelled')",
            name=op.f("ck_enrolment_status_known"),
        ),
        sa.CheckConstraint("via <> 'centre' OR centre_id IS NOT NULL", name=op.f("ck_enrolment_centre_named")),
        sa.CheckConstraint(
            "via <> 'enterprise' OR enterprise_id IS NOT NULL", name=op.f("ck_enrolment_enterprise_named")
        ),
        sa.CheckConstraint("via IN ('self', 'enterprise', 'centre', 'office')", name=op.f("ck_enrolment_via_known")),
        sa.CheckConstraint("num_nulls(notice, notice_on) IN (0, 2)", name=op.f("ck_enrolment_notice_on_a_day")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_enrolment_centre_id")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_enrolment_enterprise_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_enrolment_person_id")),
        sa.ForeignKeyConstraint(["session_id"], ["training_session.id"], name=op.f("fk_enrolment_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("id", "session_id", name="uq_enrolment_session"),
        sa.UniqueConstraint("no", name="uq_enrolment_no"),
        sa.UniqueConstraint("session_id", "queue_no", name="uq_enrolment_queue_no"),
    )
    op.create_index("ix_enrolment_centre_id", "enrolment", ["centre_id", "id"])
    op.create_index("ix_enrolment_enterprise_id", "enrolment", ["enterprise_id", "id"])
    op.create_index("ix_enrolment_person_id", "enrolment", ["person_id", "id"])
    op.create_index("ix_enrolment_session_id", "enrolment", ["session_id", "id"])
    op.create_index(
        "ix_enrolment_waiting", "enrolment", ["session_id", "queue_no"], postgresql_where=sa.text("status = 'waiting'")
    )
    op.create_index(
        "uq_enrolment_person",
        "enrolment",
        ["session_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'cancelled'"),
    )


def _create_training_attendance() -> None:
    op.create_table(
        "training_attendance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text()),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("struck_by", sa.Text()),
        sa.Column("struck_at", sa.DateTime(timezone=True)),
        sa.Column("struck_reason", sa.Text()),
        sa.CheckConstraint(
            "(via = 'hand') = (reason_code IS NOT NULL)", name=op.f("ck_training_attendance_by_hand_with_reason")
        ),
        sa.CheckConstraint(
            "num_nulls(struck_by, struck_at, struck_reason) IN (0, 3)",
            name=op.f("ck_training_attendance_struck_with_reason"),
        ),
        sa.CheckConstraint("via IN ('qr', 'hand')", name=op.f("ck_training_attendance_via_known")),
        sa.ForeignKeyConstraint(
            ["enrolment_id", "session_id"], ["enrolment.id", "enrolment.session_id"], name="fk_attendance_enrolment"
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id", "session_id"],
            ["training_meeting.id", "training_meeting.session_id"],
            name="fk_attendance_meeting",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_attendance")),
    )
    op.create_index(
        "uq_training_attendance_meeting",
        "training_attendance",
        ["enrolment_id", "meeting_id"],
        unique=True,
        postgresql_where=sa.text("struck_at IS NULL"),
    )
    op.create_index("ix_training_attendance_meeting_id", "training_attendance", ["meeting_id"])
    op.create_index("ix_training_attendance_session_id", "training_attendance", ["session_id"])


def _create_training_certificate() -> None:
    op.create_table(
        "training_certificate",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid()),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("revoked_by", sa.Text()),
        sa.Column("revoked_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "num_nulls(revoked_on, revoked_by, reason_code) IN (0, 3)",
            name=op.f("ck_training_certificate_revoked_with_reason"),
        ),
        sa.CheckConstraint("revoked_by <> issued_by", name=op.f("ck_training_certificate_four_eyes")),
        sa.CheckConstraint("revoked_on >= issued_on", name=op.f("ck_training_certificate_steps_in_order")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_training_certificate_centre_id")),
        sa.ForeignKeyConstraint(
            ["enrolment_id", "session_id"], ["enrolment.id", "enrolment.session_id"], name="fk_certificate_enrolment"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_training_certificate_person_id")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["training_session.id"], name=op.f("fk_training_certificate_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_certificate")),
        sa.UniqueConstraint("enrolment_id", name="uq_training_certificate_enrolment_id"),
        sa.UniqueConstraint("no", name="uq_training_certificate_no"),
    )
    op.create_index("ix_training_certificate_person_id", "training_certificate", ["person_id", "id"])
    op.create_index("ix_training_certificate_session_id", "training_certificate", ["session_id", "id"])


def _create_training_evaluation() -> None:
    op.create_table(
        "training_evaluation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("scores", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("comment", sa.Text()),
        sa.CheckConstraint("length(comment) BETWEEN 1 AND 1000", name=op.f("ck_training_evaluation_comment_length")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["training_session.id"], name=op.f("fk_training_evaluation_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_evaluation")),
    )
    op.create_index("ix_training_evaluation_session_id", "training_evaluation", ["session_id", "id"])
