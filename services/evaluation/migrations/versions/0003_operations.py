"""Operations and what they left out, and objections."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.kernel_schema import append_only

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _create_operation()
    _create_operation_issue()
    _create_objection()
    _create_objection_statement()
    append_only(op, "operation_issue")


def _create_operation() -> None:
    op.create_table(
        "operation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("result", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'running') = (finished_at IS NULL)", name=op.f("ck_operation_finished_with_time")
        ),
        sa.CheckConstraint("kind IN ('score', 'publish')", name=op.f("ck_operation_kind_known")),
        sa.CheckConstraint("status IN ('running', 'done')", name=op.f("ck_operation_status_known")),
        sa.CheckConstraint("done BETWEEN 0 AND total", name=op.f("ck_operation_done_within_total")),
        sa.ForeignKeyConstraint(["cycle_id"], ["evaluation_cycle.id"], name=op.f("fk_operation_cycle_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operation")),
    )
    op.create_index(
        "uq_operation_running", "operation", ["cycle_id"], unique=True, postgresql_where=sa.text("status = 'running'")
    )


def _create_operation_issue() -> None:
    op.create_table(
        "operation_issue",
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("params", postgresql.JSONB(), nullable=False),
        sa.Column("decision", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"], name=op.f("fk_operation_issue_evaluation_id")),
        sa.ForeignKeyConstraint(["operation_id"], ["operation.id"], name=op.f("fk_operation_issue_operation_id")),
        sa.PrimaryKeyConstraint("operation_id", "evaluation_id", name="pk_operation_issue"),
    )


def _create_objection() -> None:
    op.create_table(
        "objection",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("indicators", postgresql.JSONB(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=True),
        sa.Column("decision", postgresql.JSONB(), nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answer_document_no", sa.Text(), nullable=True),
        sa.Column("rescored", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(status = 'lead') = (NOT signed)", name=op.f("ck_objection_anonymous_is_lead")),
        sa.CheckConstraint(
            "(status IN ('upheld', 'rejected')) = (answered_by IS NOT NULL)",
            name=op.f("ck_objection_answered_by_somebody"),
        ),
        sa.CheckConstraint(
            "status IN ('submitted', 'lead', 'upheld', 'rejected')", name=op.f("ck_objection_status_known")
        ),
        sa.CheckConstraint("answered_by <> submitted_by", name=op.f("ck_objection_four_eyes")),
        sa.ForeignKeyConstraint(["cycle_id"], ["evaluation_cycle.id"], name=op.f("fk_objection_cycle_id")),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"], name=op.f("fk_objection_evaluation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objection")),
        sa.UniqueConstraint("no", name="uq_objection_no"),
    )
    op.create_index("ix_objection_evaluation_id", "objection", ["evaluation_id"], unique=False)
    op.create_index(
        "ix_objection_unanswered",
        "objection",
        ["cycle_id"],
        unique=False,
        postgresql_where=sa.text("status = 'submitted'"),
    )


def _create_objection_statement() -> None:
    op.create_table(
        "objection_statement",
        sa.Column("objection_id", sa.Uuid(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["objection_id"], ["objection.id"], name=op.f("fk_objection_statement_objection_id")),
        sa.PrimaryKeyConstraint("objection_id", name=op.f("pk_objection_statement")),
    )


def downgrade() -> None:
    raise NotImplementedError("there is no way back: restore a backup instead")
