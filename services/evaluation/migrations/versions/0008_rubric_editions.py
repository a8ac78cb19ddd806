"""Rubric editions with their versions and rehearsals, the rubric that a year is pinned to, documents and evidence."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.kernel_schema import append_only

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_GUARD = """
CREATE FUNCTION guard_rubric_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR OLD.status = 'approved' THEN
        RAISE EXCEPTION 'an approved rubric edition stays as it is, and none is deleted'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    _create_rubric_edition()
    _create_rubric_revision()
    _create_rehearsal()
    _create_rehearsal_line()
    _create_document()
    _create_evidence()
    _pin()
    append_only(op, "rubric_revision")


def _create_rubric_edition() -> None:
    op.create_table(
        "rubric_edition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("policy_edition", sa.Text(), nullable=False),
        sa.Column("number", sa.SmallInteger()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("title_zh", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("first_year", sa.SmallInteger(), nullable=False),
        sa.Column("copy_of", sa.Uuid()),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("authors", postgresql.JSONB(), nullable=False),
        sa.Column("drafted_on", sa.Date(), nullable=False),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("submitted_on", sa.Date()),
        sa.Column("submitted_by", sa.Text()),
        sa.Column("approved_on", sa.Date()),
        sa.Column("approved_by", sa.Text()),
        sa.Column("document_no", sa.Text()),
        sa.Column("decision", postgresql.JSONB(none_as_null=True)),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'approved', 'discarded')", name=op.f("ck_rubric_edition_status_known")
        ),
        sa.CheckConstraint("number > 1", name=op.f("ck_rubric_edition_number_after_default")),
        sa.CheckConstraint(
            "(status = 'approved') = (num_nulls(approved_on, approved_by, document_no, number) = 0)",
            name=op.f("ck_rubric_edition_approved_with_document"),
        ),
        sa.CheckConstraint(
            "status = 'draft' OR status = 'discarded' OR submitted_by IS NOT NULL",
            name=op.f("ck_rubric_edition_submitted_by_one"),
        ),
        sa.CheckConstraint(
            "approved_by <> submitted_by AND NOT authors ? approved_by", name=op.f("ck_rubric_edition_four_eyes")
        ),
        sa.CheckConstraint(
            "approved_on IS NULL OR date_part('year', approved_on) <= first_year",
            name=op.f("ck_rubric_edition_never_backdated"),
        ),
        sa.ForeignKeyConstraint(["copy_of"], ["rubric_edition.id"], name=op.f("fk_rubric_edition_copy_of")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rubric_edition")),
        sa.UniqueConstraint("no", name="uq_rubric_edition_no"),
        sa.UniqueConstraint("policy_edition", "number", name="uq_rubric_edition_policy_edition_number"),
    )
    op.create_index("ix_rubric_edition_policy_edition", "rubric_edition", ["policy_edition", "first_year"])
    op.execute(_GUARD)
    op.execute(
        "CREATE TRIGGER rubric_edition_guard BEFORE UPDATE OR DELETE ON rubric_edition"
        " FOR EACH ROW EXECUTE FUNCTION guard_rubric_edition()"
    )
    op.execute(
        "CREATE TRIGGER rubric_edition_guard_truncate BEFORE TRUNCATE ON rubric_edition"
        " FOR EACH STATEMENT EXECUTE FUNCTION guard_rubric_edition()"
    )


def _create_rubric_revision() -> None:
    op.create_table(
        "rubric_revision",
        sa.Column("rubric_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("changed", postgresql.JSONB(), nullable=False),
        sa.Column("edited_on", sa.Date(), nullable=False),
        sa.Column("edited_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["rubric_id"], ["rubric_edition.id"], name=op.f("fk_rubric_revision_rubric_id")),
        sa.PrimaryKeyConstraint("rubric_id", "revision", name="pk_rubric_revision"),
    )


def _create_rehearsal() -> None:
    op.create_table(
        "rubric_rehearsal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("result", postgresql.JSONB(none_as_null=True)),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("traceparent", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("rubric_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('rehearse')", name=op.f("ck_rubric_rehearsal_kind_known")),
        sa.CheckConstraint("status IN ('running', 'done', 'failed')", name=op.f("ck_rubric_rehearsal_status_known")),
        sa.CheckConstraint("done BETWEEN 0 AND total", name=op.f("ck_rubric_rehearsal_done_within_total")),
        sa.CheckConstraint(
            "(status = 'running') = (finished_at IS NULL)", name=op.f("ck_rubric_rehearsal_finished_with_time")
        ),
        sa.ForeignKeyConstraint(["cycle_id"], ["evaluation_cycle.id"], name=op.f("fk_rubric_rehearsal_cycle_id")),
        sa.ForeignKeyConstraint(["rubric_id"], ["rubric_edition.id"], name=op.f("fk_rubric_rehearsal_rubric_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rubric_rehearsal")),
    )
    op.create_index(
        "uq_rubric_rehearsal_running",
        "rubric_rehearsal",
        ["rubric_id"],
        unique=True,
        postgresql_where=sa.text("status = 'running'"),
    )
    op.create_index("ix_rubric_rehearsal_rubric_id", "rubric_rehearsal", ["rubric_id", "id"])


def _create_rehearsal_line() -> None:
    op.create_table(
        "rubric_rehearsal_line",
        sa.Column("rehearsal_id", sa.Uuid(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("exempt", sa.Boolean(), nullable=False),
        sa.Column("recorded_score", sa.Numeric(precision=5, scale=2)),
        sa.Column("recorded_grade", sa.Text()),
        sa.Column("old_score", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("new_score", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("new_bonus", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("vetoes", postgresql.JSONB(), nullable=False),
        sa.Column("old_grade", sa.Text()),
        sa.Column("new_grade", sa.Text()),
        sa.Column("old_points", postgresql.JSONB(), nullable=False),
        sa.Column("new_points", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "old_score BETWEEN 0 AND 100 AND new_score BETWEEN 0 AND 100",
            name=op.f("ck_rubric_rehearsal_line_scores_within_total"),
        ),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_rubric_rehearsal_line_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["rehearsal_id"], ["rubric_rehearsal.id"], name=op.f("fk_rubric_rehearsal_line_rehearsal_id")
        ),
        sa.PrimaryKeyConstraint("rehearsal_id", "evaluation_id", name="pk_rubric_rehearsal_line"),
    )


def _create_document() -> None:
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("removed_by", sa.Text()),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("size > 0", name=op.f("ck_document_size_positive")),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_document_sha256_form")),
        sa.CheckConstraint("(removed_by IS NULL) = (removed_at IS NULL)", name=op.f("ck_document_removed_by_somebody")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
    )
    op.create_index("ix_document_subject_id", "document", ["subject_id", "id"])


def _create_evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=False),
        sa.Column("filed_by", sa.Text(), nullable=False),
        sa.Column("withdrawn_on", sa.Date()),
        sa.Column("withdrawn_by", sa.Text()),
        sa.CheckConstraint("status IN ('filed', 'withdrawn')", name=op.f("ck_evidence_status_known")),
        sa.CheckConstraint(
            "(status = 'withdrawn') = (num_nulls(withdrawn_on, withdrawn_by) = 0)",
            name=op.f("ck_evidence_withdrawn_by_somebody"),
        ),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_evidence_document_id")),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"], name=op.f("fk_evidence_evaluation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index("ix_evidence_evaluation_id", "evidence", ["evaluation_id", "indicator", "id"])
    op.create_index(
        "uq_evidence_filed",
        "evidence",
        ["evaluation_id", "indicator", "document_id"],
        unique=True,
        postgresql_where=sa.text("status = 'filed'"),
    )


def _pin() -> None:
    """The rubric that a year is evaluated by and a score was computed by; NULL stands for the policy edition's own. The
    foreign keys are not validated: no row has a rubric yet."""
    op.add_column("evaluation_cycle", sa.Column("rubric_id", sa.Uuid()))
    op.add_column("score_sheet", sa.Column("rubric_id", sa.Uuid()))
    op.add_column("score_sheet", sa.Column("bonus", sa.Numeric(precision=5, scale=2)))
    for table in ("evaluation_cycle", "score_sheet"):
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT fk_{table}_rubric_id"
            " FOREIGN KEY (rubric_id) REFERENCES rubric_edition (id) NOT VALID"
        )


def downgrade() -> None:
    raise NotImplementedError("there is no way back: restore a backup instead")
