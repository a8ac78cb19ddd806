"""Delisting cases, rectification orders and circulars."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.kernel_schema import append_only

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _create_delisting_case()
    _create_delisting_step()
    _create_delisting_participant()
    _create_rectification()
    _create_rectification_step()
    _create_circular()
    _create_circular_line()
    append_only(op, "delisting_step")
    append_only(op, "rectification_step")
    append_only(op, "circular_line")


def _create_delisting_case() -> None:
    op.create_table(
        "delisting_case",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("first_failed_year", sa.SmallInteger(), nullable=False),
        sa.Column("second_failed_year", sa.SmallInteger(), nullable=False),
        sa.Column("operator_code", sa.Text(), nullable=False),
        sa.Column("operator_name", sa.Text(), nullable=False),
        sa.Column("operator_barred", sa.Boolean(), nullable=False),
        sa.Column("decision", postgresql.JSONB(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("last_step_on", sa.Date(), nullable=False),
        sa.Column("notice_served_on", sa.Date(), nullable=True),
        sa.Column("notice_served_by", sa.Text(), nullable=True),
        sa.Column("statement_due_on", sa.Date(), nullable=True),
        sa.Column("hearing_request_due_on", sa.Date(), nullable=True),
        sa.Column("hearing_requested", sa.Boolean(), nullable=False),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("decision_no", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_bureau", sa.Text(), nullable=True),
        sa.Column("countersigned_by", sa.Text(), nullable=True),
        sa.Column("countersigned_bureau", sa.Text(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.Text(), nullable=True),
        sa.Column("ban_years", sa.SmallInteger(), nullable=True),
        sa.Column("expected_title_ids", postgresql.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("correlation_id", sa.Text(), nullable=True),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("served_on", sa.Date(), nullable=True),
        sa.Column("reconsideration_until", sa.Date(), nullable=True),
        sa.Column("litigation_until", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status = 'completed') = (completed_at IS NOT NULL)", name=op.f("ck_delisting_case_completed_with_time")
        ),
        sa.CheckConstraint(
            "status IN ('opened', 'notice_of_intent', 'statement', 'hearing', 'legal_review', "
            "'decision', 'countersignature', 'published', 'completed', 'dropped')",
            name=op.f("ck_delisting_case_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('published', 'completed') OR num_nulls(decision_no, decided_on, "
            "countersigned_by, published_on, published_at, published_by) = 0",
            name=op.f("ck_delisting_case_published_after_procedure"),
        ),
        sa.CheckConstraint(
            "countersigned_bureau <> decided_bureau", name=op.f("ck_delisting_case_countersigned_by_other_bureau")
        ),
        sa.CheckConstraint(
            "countersigned_by <> decided_by AND countersigned_by <> notice_served_by AND "
            "countersigned_by <> reviewed_by",
            name=op.f("ck_delisting_case_countersigned_by_another"),
        ),
        sa.CheckConstraint(
            "decided_by <> notice_served_by AND decided_by <> reviewed_by", name=op.f("ck_delisting_case_four_eyes")
        ),
        sa.CheckConstraint("first_failed_year <= second_failed_year", name=op.f("ck_delisting_case_years_in_order")),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"], name=op.f("fk_delisting_case_evaluation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delisting_case")),
        sa.UniqueConstraint("no", name="uq_delisting_case_no"),
    )
    op.create_index("ix_delisting_case_centre_id", "delisting_case", ["centre_id"], unique=False)
    op.create_index(
        "ix_delisting_case_unconfirmed",
        "delisting_case",
        ["published_at"],
        unique=False,
        postgresql_where=sa.text("status = 'published'"),
    )
    op.create_index(
        "uq_delisting_case_in_force",
        "delisting_case",
        ["centre_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('published', 'completed')"),
    )
    op.create_index(
        "uq_delisting_case_open",
        "delisting_case",
        ["evaluation_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'dropped'"),
    )


def _create_delisting_step() -> None:
    op.create_table(
        "delisting_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("decision", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "step IN ('notice_of_intent', 'statement', 'hearing_request', 'hearing', "
            "'legal_review', 'decision', 'countersignature', 'service')",
            name=op.f("ck_delisting_step_step_known"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["delisting_case.id"], name=op.f("fk_delisting_step_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delisting_step")),
    )
    op.create_index("ix_delisting_step_case_id_id", "delisting_step", ["case_id", "id"], unique=False)
    op.create_index(
        "uq_delisting_step_once",
        "delisting_step",
        ["case_id", "step"],
        unique=True,
        postgresql_where=sa.text("outcome <> 'insufficient'"),
    )


def _create_delisting_participant() -> None:
    op.create_table(
        "delisting_participant",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("event_type", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("rules", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("details", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (acted_at IS NULL)", name=op.f("ck_delisting_participant_confirmed_with_event")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["delisting_case.id"], name=op.f("fk_delisting_participant_case_id")),
        sa.PrimaryKeyConstraint("case_id", "service", name="pk_delisting_participant"),
    )
    op.create_index(
        "ix_delisting_participant_late",
        "delisting_participant",
        ["case_id"],
        unique=False,
        postgresql_where=sa.text("confirmed_at IS NULL"),
    )


def _create_rectification() -> None:
    op.create_table(
        "rectification",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("ordered_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=True),
        sa.Column("submitted_by", sa.Text(), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status = 'accepted') = (accepted_on IS NOT NULL)", name=op.f("ck_rectification_accepted_with_date")
        ),
        sa.CheckConstraint(
            "status = 'ordered' OR submitted_by IS NOT NULL", name=op.f("ck_rectification_submitted_by_somebody")
        ),
        sa.CheckConstraint(
            "status IN ('ordered', 'submitted', 'rejected', 'accepted')", name=op.f("ck_rectification_status_known")
        ),
        sa.CheckConstraint("decided_by <> submitted_by", name=op.f("ck_rectification_four_eyes")),
        sa.CheckConstraint("due_on > ordered_on", name=op.f("ck_rectification_due_after_order")),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"], name=op.f("fk_rectification_evaluation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rectification")),
        sa.UniqueConstraint("evaluation_id", name="uq_rectification_evaluation_id"),
        sa.UniqueConstraint("no", name="uq_rectification_no"),
    )
    op.create_index("ix_rectification_centre_id", "rectification", ["centre_id"], unique=False)
    op.create_index(
        "ix_rectification_due_on",
        "rectification",
        ["due_on"],
        unique=False,
        postgresql_where=sa.text("status <> 'accepted'"),
    )


def _create_rectification_step() -> None:
    op.create_table(
        "rectification_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rectification_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "step IN ('submitted', 'rejected', 'accepted')", name=op.f("ck_rectification_step_step_known")
        ),
        sa.ForeignKeyConstraint(
            ["rectification_id"], ["rectification.id"], name=op.f("fk_rectification_step_rectification_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rectification_step")),
    )
    op.create_index(
        "ix_rectification_step_rectification_id_id", "rectification_step", ["rectification_id", "id"], unique=False
    )


def _create_circular() -> None:
    op.create_table(
        "circular",
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["evaluation_cycle.id"], name=op.f("fk_circular_cycle_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circular")),
        sa.UniqueConstraint("cycle_id", name="uq_circular_cycle_id"),
        sa.UniqueConstraint("year", name="uq_circular_year"),
    )


def _create_circular_line() -> None:
    op.create_table(
        "circular_line",
        sa.Column("circular_id", sa.Uuid(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["circular_id"], ["circular.id"], name=op.f("fk_circular_line_circular_id")),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"], name=op.f("fk_circular_line_evaluation_id")),
        sa.PrimaryKeyConstraint("circular_id", "evaluation_id", name="pk_circular_line"),
    )


def downgrade() -> None:
    raise NotImplementedError("there is no way back: restore a backup instead")
