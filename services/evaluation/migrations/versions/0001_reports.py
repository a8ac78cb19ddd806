"""The event log, what the registry tells, and quarterly reports."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.kernel_schema import append_only, create_kernel

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    create_kernel(op)
    _create_known_centre()
    _create_known_centre_state()
    _create_known_tenancy()
    _create_known_qualification()
    _create_quarterly_report()
    _create_report_revision()
    _create_report_return()
    append_only(op, "report_revision")
    append_only(op, "report_return")
    append_only(op, "known_centre_state")


def _create_known_centre() -> None:
    op.create_table(
        "known_centre",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("operator_code", sa.Text(), nullable=False),
        sa.Column("operator_name", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("owner_division", sa.Text(), nullable=False),
        sa.Column("site_division", sa.Text(), nullable=False),
        sa.Column("total_area_m2", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("listed_on", sa.Date(), nullable=True),
        sa.Column("delisted_on", sa.Date(), nullable=True),
        sa.Column("delisting_case_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_centre")),
    )
    op.create_index("ix_known_centre_listed_on", "known_centre", ["listed_on"], unique=False)
    op.create_index("ix_known_centre_operator_code", "known_centre", ["operator_code"], unique=False)


def _create_known_centre_state() -> None:
    op.create_table(
        "known_centre_state",
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("operator_code", sa.Text(), nullable=False),
        sa.Column("operator_name", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("owner_division", sa.Text(), nullable=False),
        sa.Column("site_division", sa.Text(), nullable=False),
        sa.Column("total_area_m2", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.PrimaryKeyConstraint("centre_id", "version", name="pk_known_centre_state"),
    )
    op.create_index(
        "ix_known_centre_state_effective", "known_centre_state", ["centre_id", "effective_on", "version"], unique=False
    )


def _create_known_tenancy() -> None:
    op.create_table(
        "known_tenancy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("admitted_on", sa.Date(), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("graduated", sa.Boolean(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_tenancy")),
    )
    op.create_index(
        "ix_known_tenancy_centre_id_admitted_on", "known_tenancy", ["centre_id", "admitted_on"], unique=False
    )


def _create_known_qualification() -> None:
    op.create_table(
        "known_qualification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=True),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_qualification")),
    )
    op.create_index("ix_known_qualification_centre_id", "known_qualification", ["centre_id"], unique=False)


def _create_quarterly_report() -> None:
    op.create_table(
        "quarterly_report",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("quarter", sa.SmallInteger(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("form", postgresql.JSONB(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("first_submitted_on", sa.Date(), nullable=True),
        sa.Column("submitted_on", sa.Date(), nullable=True),
        sa.Column("submitted_by", sa.Text(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status = 'accepted') = (accepted_on IS NOT NULL)", name=op.f("ck_quarterly_report_accepted_with_date")
        ),
        sa.CheckConstraint(
            "(status = 'draft') = (revision = 0)", name=op.f("ck_quarterly_report_draft_until_submitted")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'returned', 'accepted')", name=op.f("ck_quarterly_report_status_known")
        ),
        sa.CheckConstraint(
            "(accepted_on IS NULL) = (accepted_by IS NULL)", name=op.f("ck_quarterly_report_accepted_by_somebody")
        ),
        sa.CheckConstraint(
            "(revision = 0) = (first_submitted_on IS NULL) AND (revision = 0) = (submitted_by IS NULL)",
            name=op.f("ck_quarterly_report_submitted_with_revision"),
        ),
        sa.CheckConstraint("accepted_by <> submitted_by", name=op.f("ck_quarterly_report_four_eyes")),
        sa.CheckConstraint(
            "late = COALESCE(first_submitted_on > due_on, false)",
            name=op.f("ck_quarterly_report_late_by_first_submission"),
        ),
        sa.CheckConstraint("quarter BETWEEN 1 AND 4", name=op.f("ck_quarterly_report_quarter_of_year")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarterly_report")),
        sa.UniqueConstraint("centre_id", "year", "quarter", name="uq_quarterly_report_centre_id_year_quarter"),
        sa.UniqueConstraint("no", name="uq_quarterly_report_no"),
    )
    op.create_index("ix_quarterly_report_year_centre_id", "quarterly_report", ["year", "centre_id"], unique=False)


def _create_report_revision() -> None:
    op.create_table(
        "report_revision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("form", postgresql.JSONB(), nullable=False),
        sa.Column("filled", sa.SmallInteger(), nullable=False),
        sa.Column("fields", sa.SmallInteger(), nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("decision", postgresql.JSONB(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("filled BETWEEN 0 AND fields", name=op.f("ck_report_revision_filled_within_fields")),
        sa.CheckConstraint("revision > 0", name=op.f("ck_report_revision_revision_positive")),
        sa.ForeignKeyConstraint(["report_id"], ["quarterly_report.id"], name=op.f("fk_report_revision_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_revision")),
        sa.UniqueConstraint("report_id", "revision", name="uq_report_revision_report_id_revision"),
    )


def _create_report_return() -> None:
    op.create_table(
        "report_return",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("returned_on", sa.Date(), nullable=False),
        sa.Column("correction_due_on", sa.Date(), nullable=False),
        sa.Column("returned_by", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("correction_due_on >= returned_on", name=op.f("ck_report_return_due_after_return")),
        sa.ForeignKeyConstraint(["report_id"], ["quarterly_report.id"], name=op.f("fk_report_return_report_id")),
        sa.PrimaryKeyConstraint("report_id", "revision", name="pk_report_return"),
    )


def downgrade() -> None:
    raise NotImplementedError("there is no way back: restore a backup instead")
