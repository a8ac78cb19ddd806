"""Evaluation cycles and evaluations with their scores, marks, vetoes and exemptions."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.kernel_schema import append_only

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _create_evaluation_cycle()
    _create_evaluation()
    _create_score_sheet()
    _create_expert_score()
    _create_veto()
    _create_exemption()
    append_only(op, "score_sheet")
    append_only(op, "expert_score")


def _create_evaluation_cycle() -> None:
    op.create_table(
        "evaluation_cycle",
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column("scored_on", sa.Date(), nullable=True),
        sa.Column("scored_by", sa.Text(), nullable=True),
        sa.Column("announced_on", sa.Date(), nullable=True),
        sa.Column("announced_by", sa.Text(), nullable=True),
        sa.Column("notice_until", sa.Date(), nullable=True),
        sa.Column("approved_on", sa.Date(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_bureau", sa.Text(), nullable=True),
        sa.Column("countersigned_on", sa.Date(), nullable=True),
        sa.Column("countersigned_by", sa.Text(), nullable=True),
        sa.Column("countersigned_bureau", sa.Text(), nullable=True),
        sa.Column("document_no", sa.Text(), nullable=True),
        sa.Column("continuation_basis", sa.Text(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("published_by", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'scoring', 'scored', 'announced', 'approved', 'countersigned', "
            "'publishing', 'published')",
            name=op.f("ck_evaluation_cycle_status_known"),
        ),
        sa.CheckConstraint(
            "(announced_on IS NULL) = (notice_until IS NULL)", name=op.f("ck_evaluation_cycle_notice_with_end")
        ),
        sa.CheckConstraint(
            "(published_on IS NULL) = (document_no IS NULL)", name=op.f("ck_evaluation_cycle_published_with_document")
        ),
        sa.CheckConstraint(
            "approved_by <> announced_by AND countersigned_by <> announced_by",
            name=op.f("ck_evaluation_cycle_approver_not_announcer"),
        ),
        sa.CheckConstraint(
            "approved_by <> scored_by AND countersigned_by <> scored_by AND published_by <> scored_by",
            name=op.f("ck_evaluation_cycle_four_eyes"),
        ),
        sa.CheckConstraint("approved_on > notice_until", name=op.f("ck_evaluation_cycle_approved_after_notice")),
        sa.CheckConstraint(
            "countersigned_bureau <> approved_bureau", name=op.f("ck_evaluation_cycle_countersigned_by_other_bureau")
        ),
        sa.CheckConstraint(
            "countersigned_by <> approved_by", name=op.f("ck_evaluation_cycle_countersigned_by_another")
        ),
        sa.CheckConstraint("published_on > notice_until", name=op.f("ck_evaluation_cycle_published_after_notice")),
        sa.CheckConstraint(
            "published_on IS NULL OR num_nulls(approved_by, countersigned_by) = 0",
            name=op.f("ck_evaluation_cycle_both_bureaus"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_cycle")),
        sa.UniqueConstraint("document_no", name="uq_evaluation_cycle_document_no"),
        sa.UniqueConstraint("year", name="uq_evaluation_cycle_year"),
    )


def _create_evaluation() -> None:
    op.create_table(
        "evaluation",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("operator_code", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("owner_division", sa.Text(), nullable=False),
        sa.Column("site_division", sa.Text(), nullable=False),
        sa.Column("total_area_m2", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("listed_on", sa.Date(), nullable=True),
        sa.Column("delisted_on", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("exempt", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("sheet_id", sa.Uuid(), nullable=True),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("failing", sa.Boolean(), nullable=False),
        sa.Column("vetoed", sa.Boolean(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("graded_in_tier", sa.Integer(), nullable=True),
        sa.Column("decision", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scored_by_operation", sa.Uuid(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("published_by", sa.Text(), nullable=True),
        sa.Column("document_no", sa.Text(), nullable=True),
        sa.Column("consecutive_fails", sa.SmallInteger(), nullable=True),
        sa.Column("rectification_id", sa.Uuid(), nullable=True),
        sa.Column("delisting_case_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(status = 'pending') = (grade IS NULL)", name=op.f("ck_evaluation_graded_when_scored")),
        sa.CheckConstraint(
            "(status = 'published') = (published_on IS NOT NULL)", name=op.f("ck_evaluation_published_with_date")
        ),
        sa.CheckConstraint("status IN ('pending', 'scored', 'published')", name=op.f("ck_evaluation_status_known")),
        sa.CheckConstraint(
            "(published_on IS NULL) = (document_no IS NULL) AND (published_on IS NULL) = (consecutive_fails IS NULL)",
            name=op.f("ck_evaluation_published_with_document"),
        ),
        sa.CheckConstraint("NOT (exempt AND failing)", name=op.f("ck_evaluation_exempt_never_fails")),
        sa.CheckConstraint("delisting_case_id IS NULL OR failing", name=op.f("ck_evaluation_only_fails_delist")),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_evaluation_score_within_total")),
        sa.ForeignKeyConstraint(["cycle_id"], ["evaluation_cycle.id"], name=op.f("fk_evaluation_cycle_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
        sa.UniqueConstraint("centre_id", "year", name="uq_evaluation_centre_id_year"),
        sa.UniqueConstraint("no", name="uq_evaluation_no"),
    )
    op.create_index("ix_evaluation_cycle_id_id", "evaluation", ["cycle_id", "id"], unique=False)
    op.create_index(
        "ix_evaluation_unpublished",
        "evaluation",
        ["cycle_id", "id"],
        unique=False,
        postgresql_where=sa.text("status <> 'published'"),
    )
    op.create_index("ix_evaluation_year_id", "evaluation", ["year", "id"], unique=False)


def _create_score_sheet() -> None:
    op.create_table(
        "score_sheet",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("computed_by", sa.Text(), nullable=False),
        sa.Column("score", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("exact", sa.Text(), nullable=False),
        sa.Column("dimensions", postgresql.JSONB(), nullable=False),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("lineage", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"], name=op.f("fk_score_sheet_evaluation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_sheet")),
    )
    op.create_index("ix_score_sheet_evaluation_id_id", "score_sheet", ["evaluation_id", "id"], unique=False)


def _create_expert_score() -> None:
    op.create_table(
        "expert_score",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("mark", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("marked_on", sa.Date(), nullable=False),
        sa.Column("marked_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("mark BETWEEN 0 AND 100", name=op.f("ck_expert_score_mark_is_percentage")),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"], name=op.f("fk_expert_score_evaluation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_score")),
    )
    op.create_index("ix_expert_score_latest", "expert_score", ["evaluation_id", "indicator", "id"], unique=False)


def _create_veto() -> None:
    op.create_table(
        "veto",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(status = 'recorded') = (decided_by IS NULL)", name=op.f("ck_veto_decided_by_somebody")),
        sa.CheckConstraint("status IN ('recorded', 'confirmed', 'dismissed')", name=op.f("ck_veto_status_known")),
        sa.CheckConstraint("decided_by <> recorded_by", name=op.f("ck_veto_four_eyes")),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"], name=op.f("fk_veto_evaluation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_veto")),
        sa.UniqueConstraint("evaluation_id", "code", name="uq_veto_evaluation_id_code"),
    )


def _create_exemption() -> None:
    op.create_table(
        "exemption",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("minutes_no", sa.Text(), nullable=True),
        sa.Column("decision", postgresql.JSONB(), nullable=False),
        sa.Column("proposed_on", sa.Date(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("approved_on", sa.Date(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_bureau", sa.Text(), nullable=True),
        sa.Column("countersigned_on", sa.Date(), nullable=True),
        sa.Column("countersigned_by", sa.Text(), nullable=True),
        sa.Column("countersigned_bureau", sa.Text(), nullable=True),
        sa.Column("refused_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status <> 'granted' OR num_nulls(approved_by, countersigned_by) = 0",
            name=op.f("ck_exemption_both_bureaus"),
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'approved', 'granted', 'refused')", name=op.f("ck_exemption_status_known")
        ),
        sa.CheckConstraint(
            "approved_by <> proposed_by AND countersigned_by <> proposed_by", name=op.f("ck_exemption_four_eyes")
        ),
        sa.CheckConstraint(
            "countersigned_bureau <> approved_bureau", name=op.f("ck_exemption_countersigned_by_other_bureau")
        ),
        sa.CheckConstraint("countersigned_by <> approved_by", name=op.f("ck_exemption_countersigned_by_another")),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"], name=op.f("fk_exemption_evaluation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exemption")),
    )
    op.create_index(
        "uq_exemption_open",
        "exemption",
        ["evaluation_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('proposed', 'approved', 'granted')"),
    )


def downgrade() -> None:
    raise NotImplementedError("there is no way back: restore a backup instead")
