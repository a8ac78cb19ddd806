"""Experts with assignments and blind marks, self-reports, later last days of a year's phases, and reopenings."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.kernel_schema import append_only

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Years opened before keep their single entry of marks, and have no last days but those of the notice.
    op.add_column("evaluation_cycle", sa.Column("marks", sa.SmallInteger(), server_default="1", nullable=False))
    for name in ("self_report_due_on", "marking_due_on", "objections_until"):
        op.add_column("evaluation_cycle", sa.Column(name, sa.Date()))
    op.add_column("expert_score", sa.Column("round", sa.SmallInteger(), server_default="1", nullable=False))
    op.add_column("expert_score", sa.Column("spread", sa.Numeric(5, 2)))
    op.add_column("expert_score", sa.Column("agreed_from", postgresql.JSONB()))
    for name in ("sheet_before_id", "sheet_after_id"):
        op.add_column("objection", sa.Column(name, sa.Uuid()))
    _create_expert()
    _create_expert_conflict()
    _create_expert_draw()
    _create_expert_assignment()
    _create_self_report()
    _create_self_report_revision()
    _create_cycle_extension()
    _create_cycle_reopening()
    append_only(op, "expert_draw")
    append_only(op, "self_report_revision")


def _create_expert() -> None:
    op.create_table(
        "expert",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(status = 'applied') = (decided_by IS NULL)", name=op.f("ck_expert_decided_by_somebody")),
        sa.CheckConstraint("(status = 'ended') = (reason_code IS NOT NULL)", name=op.f("ck_expert_ended_with_reason")),
        sa.CheckConstraint(
            "status <> 'appointed' OR decided_by <> account_id", name=op.f("ck_expert_appointed_by_another")
        ),
        sa.CheckConstraint("status IN ('applied', 'appointed', 'ended')", name=op.f("ck_expert_status_known")),
        sa.CheckConstraint("(decided_by IS NULL) = (decided_on IS NULL)", name=op.f("ck_expert_decided_whole")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert")),
    )
    op.create_index(
        "uq_expert_account", "expert", ["account_id"], unique=True, postgresql_where=sa.text("status <> 'ended'")
    )


def _create_expert_conflict() -> None:
    op.create_table(
        "expert_conflict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=True),
        sa.Column("org", sa.Text(), nullable=True),
        sa.Column("declared_on", sa.Date(), nullable=False),
        sa.Column("declared_by", sa.Text(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.CheckConstraint("ended_by <> declared_by", name=op.f("ck_expert_conflict_four_eyes")),
        sa.CheckConstraint("num_nonnulls(centre_id, org) = 1", name=op.f("ck_expert_conflict_one_subject")),
        sa.CheckConstraint(
            "num_nulls(ended_on, ended_by, reason_code) IN (0, 3)", name=op.f("ck_expert_conflict_ended_whole")
        ),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_expert_conflict_expert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_conflict")),
    )
    op.create_index("ix_expert_conflict_expert_id", "expert_conflict", ["expert_id"], unique=False)


def _create_expert_draw() -> None:
    op.create_table(
        "expert_draw",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("assigned", sa.Integer(), nullable=False),
        sa.Column("unfilled", postgresql.JSONB(), nullable=False),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        sa.Column("drawn_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('draw', 'third', 'replacement', 're_mark', 'by_hand')", name=op.f("ck_expert_draw_kind_known")
        ),
        sa.CheckConstraint("assigned BETWEEN 0 AND wanted", name=op.f("ck_expert_draw_assigned_within_wanted")),
        sa.ForeignKeyConstraint(["cycle_id"], ["evaluation_cycle.id"], name=op.f("fk_expert_draw_cycle_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_draw")),
    )
    op.create_index("ix_expert_draw_cycle_id", "expert_draw", ["cycle_id", "id"], unique=False)


def _create_expert_assignment() -> None:
    op.create_table(
        "expert_assignment",
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("slot", sa.SmallInteger(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("draw_id", sa.Uuid(), nullable=False),
        sa.Column("objection_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("assigned_on", sa.Date(), nullable=False),
        sa.Column("mark", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("marked_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status = 'marked') = (marked_on IS NOT NULL)", name=op.f("ck_expert_assignment_marked_with_date")
        ),
        sa.CheckConstraint(
            "(status IN ('recused', 'released')) = (reason_code IS NOT NULL)",
            name=op.f("ck_expert_assignment_ended_with_reason"),
        ),
        sa.CheckConstraint(
            "status <> 'marked' OR evidence IS NOT NULL", name=op.f("ck_expert_assignment_marked_with_evidence")
        ),
        sa.CheckConstraint(
            "status = 'marked' OR num_nonnulls(mark, evidence) = 0", name=op.f("ck_expert_assignment_mark_when_marked")
        ),
        sa.CheckConstraint(
            "status IN ('assigned', 'marked', 'recused', 'released')", name=op.f("ck_expert_assignment_status_known")
        ),
        sa.CheckConstraint(
            "(round > 1) = (objection_id IS NOT NULL)", name=op.f("ck_expert_assignment_later_round_after_objection")
        ),
        sa.CheckConstraint("mark BETWEEN 0 AND 100", name=op.f("ck_expert_assignment_mark_is_percentage")),
        sa.CheckConstraint(
            "num_nulls(ended_on, ended_by, reason_code) IN (0, 3)", name=op.f("ck_expert_assignment_ended_whole")
        ),
        sa.CheckConstraint("round >= 1 AND slot BETWEEN 1 AND 3", name=op.f("ck_expert_assignment_places_known")),
        sa.ForeignKeyConstraint(["cycle_id"], ["evaluation_cycle.id"], name=op.f("fk_expert_assignment_cycle_id")),
        sa.ForeignKeyConstraint(["draw_id"], ["expert_draw.id"], name=op.f("fk_expert_assignment_draw_id")),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"], name=op.f("fk_expert_assignment_evaluation_id")),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_expert_assignment_expert_id")),
        sa.ForeignKeyConstraint(["objection_id"], ["objection.id"], name=op.f("fk_expert_assignment_objection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_assignment")),
    )
    op.create_index("ix_expert_assignment_account_id", "expert_assignment", ["account_id", "status"], unique=False)
    op.create_index("ix_expert_assignment_cycle_id", "expert_assignment", ["cycle_id", "id"], unique=False)
    op.create_index("ix_expert_assignment_expert_id", "expert_assignment", ["expert_id", "status"], unique=False)
    op.create_index(
        "uq_expert_assignment_expert", "expert_assignment", ["evaluation_id", "indicator", "expert_id"], unique=True
    )
    op.create_index(
        "uq_expert_assignment_place",
        "expert_assignment",
        ["evaluation_id", "indicator", "round", "slot"],
        unique=True,
        postgresql_where=sa.text("status IN ('assigned', 'marked')"),
    )


def _create_self_report() -> None:
    op.create_table(
        "self_report",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("statements", postgresql.JSONB(), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("first_submitted_on", sa.Date(), nullable=True),
        sa.Column("submitted_on", sa.Date(), nullable=True),
        sa.Column("submitted_by", sa.Text(), nullable=True),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.Column("returned_by", sa.Text(), nullable=True),
        sa.Column("return_reason", sa.Text(), nullable=True),
        sa.Column("return_comment", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status = 'draft') = (revision = 0)", name=op.f("ck_self_report_draft_before_first_version")
        ),
        sa.CheckConstraint(
            "status <> 'returned' OR returned_by IS NOT NULL", name=op.f("ck_self_report_returned_by_somebody")
        ),
        sa.CheckConstraint("status IN ('draft', 'submitted', 'returned')", name=op.f("ck_self_report_status_known")),
        sa.CheckConstraint(
            "(revision = 0) = (first_submitted_on IS NULL)", name=op.f("ck_self_report_submitted_with_date")
        ),
        sa.CheckConstraint("returned_by <> submitted_by", name=op.f("ck_self_report_four_eyes")),
        sa.ForeignKeyConstraint(["cycle_id"], ["evaluation_cycle.id"], name=op.f("fk_self_report_cycle_id")),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"], name=op.f("fk_self_report_evaluation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_self_report")),
        sa.UniqueConstraint("evaluation_id", name="uq_self_report_evaluation_id"),
        sa.UniqueConstraint("no", name="uq_self_report_no"),
    )
    op.create_index("ix_self_report_cycle_id", "self_report", ["cycle_id"], unique=False)


def _create_self_report_revision() -> None:
    op.create_table(
        "self_report_revision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("self_report_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("statements", postgresql.JSONB(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["self_report_id"], ["self_report.id"], name=op.f("fk_self_report_revision_self_report_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_self_report_revision")),
        sa.UniqueConstraint("self_report_id", "revision", name="uq_self_report_revision_self_report_id"),
    )


def _create_cycle_extension() -> None:
    op.create_table(
        "cycle_extension",
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("due_before", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("proposed_on", sa.Date(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "num_nulls(decided_on, decided_by) = CASE status WHEN 'proposed' THEN 2 ELSE 0 END",
            name=op.f("ck_cycle_extension_decided_whole"),
        ),
        sa.CheckConstraint(
            "phase IN ('self_report', 'marking', 'notice')", name=op.f("ck_cycle_extension_phase_known")
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'approved', 'refused')", name=op.f("ck_cycle_extension_status_known")
        ),
        sa.CheckConstraint("decided_by <> proposed_by", name=op.f("ck_cycle_extension_four_eyes")),
        sa.CheckConstraint("due_on > due_before", name=op.f("ck_cycle_extension_later")),
        sa.ForeignKeyConstraint(["cycle_id"], ["evaluation_cycle.id"], name=op.f("fk_cycle_extension_cycle_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cycle_extension")),
    )
    op.create_index(
        "uq_cycle_extension_proposed",
        "cycle_extension",
        ["cycle_id", "phase"],
        unique=True,
        postgresql_where=sa.text("status = 'proposed'"),
    )


def _create_cycle_reopening() -> None:
    op.create_table(
        "cycle_reopening",
        sa.Column("from_status", sa.Text(), nullable=False),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("undone", postgresql.JSONB(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("proposed_on", sa.Date(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "num_nulls(decided_on, decided_by) = CASE status WHEN 'proposed' THEN 2 ELSE 0 END",
            name=op.f("ck_cycle_reopening_decided_whole"),
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'approved', 'refused')", name=op.f("ck_cycle_reopening_status_known")
        ),
        sa.CheckConstraint("decided_by <> proposed_by", name=op.f("ck_cycle_reopening_four_eyes")),
        sa.CheckConstraint("from_status <> to_status", name=op.f("ck_cycle_reopening_goes_back")),
        sa.ForeignKeyConstraint(["cycle_id"], ["evaluation_cycle.id"], name=op.f("fk_cycle_reopening_cycle_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cycle_reopening")),
    )
    op.create_index(
        "uq_cycle_reopening_proposed",
        "cycle_reopening",
        ["cycle_id"],
        unique=True,
        postgresql_where=sa.text("status = 'proposed'"),
    )


def downgrade() -> None:
    raise NotImplementedError("there is no way back: restore a backup instead")
