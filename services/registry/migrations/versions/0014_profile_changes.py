"""Changes of a listed centre's profile."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

JSONB = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.create_table(
        "profile_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("changes", JSONB, nullable=False),
        sa.Column("earlier", JSONB),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("decision", JSONB, nullable=False),
        sa.Column("applied_by", sa.Text(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("returned_on", sa.Date()),
        sa.Column("return_code", sa.Text()),
        sa.Column("resubmitted_by", sa.Text()),
        sa.Column("resubmitted_on", sa.Date()),
        sa.Column("reviewed_by", sa.Text()),
        sa.Column("reviewed_on", sa.Date()),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_on", sa.Date()),
        sa.Column("effective_on", sa.Date()),
        sa.Column("document_no", sa.Text()),
        sa.Column("refusal_code", sa.Text()),
        sa.Column("refused_case_id", sa.Uuid()),
        sa.CheckConstraint(
            "status IN ('applied', 'reviewed', 'returned', 'approved', 'refused')",
            name=op.f("ck_profile_change_status_known"),
        ),
        sa.CheckConstraint("changes <> '{}'", name=op.f("ck_profile_change_changes_something")),
        sa.CheckConstraint(
            "decided_by <> reviewed_by AND decided_by <> applied_by AND reviewed_by <> applied_by",
            name=op.f("ck_profile_change_four_eyes"),
        ),
        sa.CheckConstraint(
            "decided_by <> resubmitted_by AND reviewed_by <> resubmitted_by",
            name=op.f("ck_profile_change_four_eyes_on_correction"),
        ),
        sa.CheckConstraint(
            "status <> 'approved' OR num_nulls(effective_on, document_no, earlier, reviewed_by, decided_by) = 0",
            name=op.f("ck_profile_change_approved_by_decision"),
        ),
        sa.CheckConstraint(
            "(status = 'approved') = (effective_on IS NOT NULL)", name=op.f("ck_profile_change_effective_when_approved")
        ),
        sa.CheckConstraint(
            "status <> 'returned' OR return_code IS NOT NULL", name=op.f("ck_profile_change_returned_with_reason")
        ),
        sa.CheckConstraint(
            "status <> 'refused' OR refusal_code IS NOT NULL", name=op.f("ck_profile_change_refused_with_reason")
        ),
        sa.CheckConstraint("effective_on >= applied_on", name=op.f("ck_profile_change_effective_after_application")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_profile_change_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile_change")),
        sa.UniqueConstraint("no", name="uq_profile_change_no"),
    )
    op.create_index("ix_profile_change_centre_id", "profile_change", ["centre_id", "id"])
    op.create_index(
        "ix_profile_change_refused_case_id",
        "profile_change",
        ["refused_case_id"],
        postgresql_where=sa.text("refused_case_id IS NOT NULL"),
    )
    op.create_index(
        "uq_profile_change_one_open",
        "profile_change",
        ["centre_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('applied', 'reviewed', 'returned')"),
    )


def downgrade() -> None:
    op.drop_table("profile_change")
