"""Matching funds of divisions, and the enterprises and stays that finance knows for them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MONEY = sa.Numeric(18, 2)


def upgrade() -> None:
    _create_fund()
    _create_revision()
    _create_line()
    _create_known()


def _create_fund() -> None:
    op.create_table(
        "matching_fund",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("document_no", sa.Text()),
        sa.Column("budget", MONEY, nullable=False),
        sa.Column("spent", MONEY, nullable=False),
        sa.Column("approved_by", sa.Text()),
        sa.Column("approved_on", sa.Date()),
        sa.Column("first_approved_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('recorded', 'approved', 'refused')", name=op.f("ck_matching_fund_status_known")),
        sa.CheckConstraint("spent >= 0 AND spent <= budget", name=op.f("ck_matching_fund_spent_within_budget")),
        sa.CheckConstraint(
            "num_nulls(document_no, approved_by, approved_on, first_approved_on)"
            " = CASE status WHEN 'approved' THEN 0 ELSE 4 END",
            name=op.f("ck_matching_fund_approved_whole"),
        ),
        sa.CheckConstraint("status = 'approved' OR budget = 0", name=op.f("ck_matching_fund_budget_approved")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matching_fund")),
        sa.UniqueConstraint("no", name="uq_matching_fund_no"),
        sa.UniqueConstraint("division", "year", name="uq_matching_fund_division_year"),
    )


def _create_revision() -> None:
    op.create_table(
        "matching_fund_revision",
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("decision", postgresql.JSONB()),
        sa.CheckConstraint(
            "status IN ('recorded', 'approved', 'refused')", name=op.f("ck_matching_fund_revision_status_known")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_matching_fund_revision_amount_positive")),
        sa.CheckConstraint("decided_by <> recorded_by", name=op.f("ck_matching_fund_revision_decider_is_another")),
        sa.CheckConstraint(
            "num_nulls(decided_by, decided_on) = CASE status WHEN 'recorded' THEN 2 ELSE 0 END",
            name=op.f("ck_matching_fund_revision_decided_whole"),
        ),
        sa.CheckConstraint(
            "(status = 'refused') = (reason_code IS NOT NULL)",
            name=op.f("ck_matching_fund_revision_refused_with_reason"),
        ),
        sa.CheckConstraint("decided_on >= recorded_on", name=op.f("ck_matching_fund_revision_dates_forward")),
        sa.ForeignKeyConstraint(["fund_id"], ["matching_fund.id"], name=op.f("fk_matching_fund_revision_fund_id")),
        sa.PrimaryKeyConstraint("fund_id", "revision", name=op.f("pk_matching_fund_revision")),
    )
    op.create_index(
        "uq_matching_fund_revision_open",
        "matching_fund_revision",
        ["fund_id"],
        unique=True,
        postgresql_where=sa.text("status = 'recorded'"),
    )
    op.create_index(
        "uq_matching_fund_revision_document",
        "matching_fund_revision",
        ["fund_id", "document_no"],
        unique=True,
        postgresql_where=sa.text("status <> 'refused'"),
    )


def _create_line() -> None:
    op.create_table(
        "matching_fund_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("centre_id", sa.Uuid()),
        sa.Column("enterprise_code", sa.Text()),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("voucher_no", sa.Text(), nullable=False),
        sa.Column("document_no", sa.Text()),
        sa.Column("spent_on", sa.Date(), nullable=False),
        sa.Column("reverses_id", sa.Uuid()),
        sa.Column("reversed_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("journal_entry_id", sa.Uuid(), nullable=False),
        sa.Column("decision", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("kind IN ('spending', 'reversal')", name=op.f("ck_matching_fund_line_kind_known")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_matching_fund_line_amount_positive")),
        sa.CheckConstraint(
            "num_nulls(centre_id, enterprise_code) = 1", name=op.f("ck_matching_fund_line_one_recipient")
        ),
        sa.CheckConstraint(
            "(kind = 'reversal') = (num_nulls(reverses_id, reason_code) = 0)"
            " AND num_nulls(reverses_id, reason_code) IN (0, 2)",
            name=op.f("ck_matching_fund_line_reversal_names_its_line"),
        ),
        sa.CheckConstraint(
            "kind = 'spending' OR reversed_on IS NULL", name=op.f("ck_matching_fund_line_only_payments_reversed")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["matching_fund.id"], name=op.f("fk_matching_fund_line_fund_id")),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["matching_fund_line.id"], name=op.f("fk_matching_fund_line_reverses_id")
        ),
        sa.ForeignKeyConstraint(
            ["journal_entry_id"], ["journal_entry.id"], name=op.f("fk_matching_fund_line_journal_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matching_fund_line")),
        sa.UniqueConstraint("fund_id", "line", name="uq_matching_fund_line_fund_id_line"),
        sa.UniqueConstraint("reverses_id", name="uq_matching_fund_line_reverses_id"),
        sa.UniqueConstraint("journal_entry_id", name="uq_matching_fund_line_journal_entry_id"),
    )
    op.create_index(
        "uq_matching_fund_line_voucher",
        "matching_fund_line",
        ["fund_id", "voucher_no", "recipient"],
        unique=True,
        postgresql_where=sa.text("kind = 'spending' AND reversed_on IS NULL"),
    )
    op.create_index("ix_matching_fund_line_centre_id", "matching_fund_line", ["centre_id"])


def _create_known() -> None:
    op.create_table(
        "known_enterprise",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("merged_into_id", sa.Uuid()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_enterprise")),
    )
    op.create_index("ix_known_enterprise_code", "known_enterprise", ["code"])
    op.create_table(
        "known_tenancy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("admitted_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_tenancy")),
    )
    op.create_index("ix_known_tenancy_enterprise_id", "known_tenancy", ["enterprise_id", "admitted_on"])


def downgrade() -> None:
    raise NotImplementedError("money on record is not taken off it: restore a backup instead")
