"""The full report form, corrections, reminders, and what the registry tells that prefills a report."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _widen_reports()
    _create_report_correction()
    _create_report_reminder()
    _create_known_staff()
    _create_known_agreement()
    _create_known_service_record()
    _create_known_technology_flag()


def _widen_reports() -> None:
    """Reports that are there already are of the form's first version."""
    for table in ("quarterly_report", "report_revision"):
        op.add_column(table, sa.Column("form_version", sa.SmallInteger(), server_default=sa.text("1"), nullable=False))
        op.add_column(
            table, sa.Column("explanations", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False)
        )
    op.add_column(
        "report_return", sa.Column("comments", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False)
    )


def _create_report_correction() -> None:
    op.create_table(
        "report_correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("of_revision", sa.Integer(), nullable=False),
        sa.Column("form", postgresql.JSONB(), nullable=False),
        sa.Column("explanations", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('requested', 'approved', 'refused')", name=op.f("ck_report_correction_status_known")
        ),
        sa.CheckConstraint(
            "(status = 'requested') = (decided_by IS NULL)", name=op.f("ck_report_correction_decided_by_somebody")
        ),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (decided_on IS NULL)", name=op.f("ck_report_correction_decided_with_date")
        ),
        sa.CheckConstraint("decided_by <> requested_by", name=op.f("ck_report_correction_four_eyes")),
        sa.CheckConstraint(
            "(status = 'approved') = (revision IS NOT NULL)", name=op.f("ck_report_correction_approved_with_revision")
        ),
        sa.ForeignKeyConstraint(["report_id"], ["quarterly_report.id"], name=op.f("fk_report_correction_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_correction")),
    )
    op.create_index("ix_report_correction_report_id", "report_correction", ["report_id"], unique=False)
    op.create_index(
        "uq_report_correction_requested",
        "report_correction",
        ["report_id"],
        unique=True,
        postgresql_where=sa.text("status = 'requested'"),
    )


def _create_report_reminder() -> None:
    op.create_table(
        "report_reminder",
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("quarter", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("called_on", sa.Date(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("quarter BETWEEN 1 AND 4", name=op.f("ck_report_reminder_quarter_of_year")),
        sa.CheckConstraint("state IN ('due_soon', 'overdue')", name=op.f("ck_report_reminder_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_reminder")),
        sa.UniqueConstraint("centre_id", "year", "quarter", "state", name="uq_report_reminder_call"),
    )


def _create_known_staff() -> None:
    op.create_table(
        "known_staff",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("full_time", sa.Boolean(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("certificates", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_staff")),
    )
    op.create_index("ix_known_staff_centre_id", "known_staff", ["centre_id"], unique=False)


def _create_known_agreement() -> None:
    op.create_table(
        "known_agreement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_agreement")),
    )
    op.create_index("ix_known_agreement_centre_id", "known_agreement", ["centre_id"], unique=False)


def _create_known_service_record() -> None:
    op.create_table(
        "known_service_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("provided_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_service_record")),
    )
    op.create_index(
        "ix_known_service_record_centre_id_provided_on",
        "known_service_record",
        ["centre_id", "provided_on"],
        unique=False,
    )


def _create_known_technology_flag() -> None:
    op.create_table(
        "known_technology_flag",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("valid_through", sa.Date(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_technology_flag")),
    )
    op.create_index("ix_known_technology_flag_enterprise_id", "known_technology_flag", ["enterprise_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("there is no way back: restore a backup instead")
