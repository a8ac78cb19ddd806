"""Programmes: changes forward, category terms, guidance."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MONEY = sa.Numeric(18, 2)
PERCENT = sa.Numeric(5, 2)
TEXTS = postgresql.ARRAY(sa.Text())
JSON = postgresql.JSONB()


def upgrade() -> None:
    _widen_programme()
    _create_terms()
    _create_amendment()
    _create_guidance()
    _count_for_the_city()
    _learn_sizes()


def _aggregate() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def _checks(table: str, checks: dict[str, str]) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(sql, name=op.f(f"ck_{table}_{name}")) for name, sql in checks.items()]


def _widen_programme() -> None:
    op.add_column("programme", sa.Column("category_terms", JSON, server_default="{}", nullable=False))
    op.add_column("programme", sa.Column("first_voucher_free", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("programme", sa.Column("eligible_sizes", TEXTS, nullable=True))
    op.add_column("programme", sa.Column("unissued_at_close", MONEY, nullable=True))
    op.add_column("programme", sa.Column("opening_decision", JSON, nullable=True))
    # Constraints on columns that are NULL in every row: NOT VALID loses nothing and takes no long lock.
    checks = {
        "eligible_sizes_some": "cardinality(eligible_sizes) > 0",
        "unissued_at_close": "unissued_at_close >= 0 AND (unissued_at_close IS NULL OR status = 'closed')",
    }
    for name, condition in checks.items():
        op.execute(f"ALTER TABLE programme ADD CONSTRAINT ck_programme_{name} CHECK ({condition}) NOT VALID")


def _create_terms() -> None:
    checks = {
        "amounts_positive": "budget > 0 AND enterprise_quota > 0",
        "subsidy_percent_is_share": "subsidy_percent > 0 AND subsidy_percent <= 100",
        "months_positive": "valid_months > 0 AND startup_months > 0",
        "categories_some": "cardinality(categories) > 0",
        "eligible_sizes_some": "cardinality(eligible_sizes) > 0",
    }
    op.create_table(
        "programme_terms",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("amendment_id", sa.Uuid(), nullable=True),
        sa.Column("budget", MONEY, nullable=False),
        sa.Column("subsidy_percent", PERCENT, nullable=False),
        sa.Column("enterprise_quota", MONEY, nullable=False),
        sa.Column("valid_months", sa.Integer(), nullable=False),
        sa.Column("startup_months", sa.Integer(), nullable=False),
        sa.Column("categories", TEXTS, nullable=False),
        sa.Column("category_terms", JSON, nullable=False),
        sa.Column("first_voucher_free", sa.Boolean(), nullable=False),
        sa.Column("eligible_sizes", TEXTS, nullable=True),
        sa.PrimaryKeyConstraint("programme_id", "effective_from", name=op.f("pk_programme_terms")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_programme_terms_programme_id_programme")
        ),
        sa.UniqueConstraint("amendment_id", name="uq_programme_terms_amendment_id"),
        *_checks("programme_terms", checks),
    )
    op.execute(
        "INSERT INTO programme_terms (programme_id, effective_from, budget, subsidy_percent, enterprise_quota,"
        " valid_months, startup_months, categories, category_terms, first_voucher_free, eligible_sizes)"
        " SELECT id, opened_on, budget, subsidy_percent, enterprise_quota,"
        " valid_months, startup_months, categories, category_terms, first_voucher_free, eligible_sizes"
        " FROM programme WHERE opened_on IS NOT NULL"
    )


def _create_amendment() -> None:
    checks = {
        "status_known": "status IN ('draft', 'approved', 'refused', 'cancelled')",
        "four_eyes": "status NOT IN ('approved', 'refused') OR decided_by <> drafted_by",
        "decided_whole": "num_nulls(decided_by, decided_on) = CASE status WHEN 'draft' THEN 2 ELSE 0 END",
        "approved_with_day": "status <> 'approved' OR effective_from >= decided_on",
        "refused_with_reason": "(status = 'refused') = (refusal IS NOT NULL)",
        "dates_forward": "decided_on >= drafted_on",
    }
    op.create_table(
        "programme_amendment",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("issuer_division", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("changes", JSON, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("decision", JSON, nullable=False),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("drafted_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        *_aggregate(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_amendment")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_programme_amendment_programme_id_programme")
        ),
        sa.UniqueConstraint("no", name=op.f("uq_programme_amendment_no")),
        *_checks("programme_amendment", checks),
    )
    op.create_index("ix_programme_amendment_programme_id", "programme_amendment", ["programme_id", "id"])
    op.create_index("ix_programme_amendment_issuer_division", "programme_amendment", ["issuer_division", "id"])
    op.create_index(
        "uq_programme_amendment_draft",
        "programme_amendment",
        ["programme_id"],
        unique=True,
        postgresql_where=sa.text("status = 'draft'"),
    )


def _create_guidance() -> None:
    checks = {
        "status_known": "status IN ('draft', 'approved', 'refused', 'cancelled')",
        "limits_positive": "max_percent > 0 AND max_percent <= 100 AND max_enterprise_quota > 0"
        " AND max_quota_share_percent > 0 AND max_quota_share_percent <= 100",
        "limits_some": "num_nonnulls(max_percent, max_enterprise_quota, max_quota_share_percent) > 0"
        " OR cardinality(recommended_categories) > 0 OR NOT first_voucher_free_allowed",
        "four_eyes": "status NOT IN ('approved', 'refused') OR decided_by <> drafted_by",
        "decided_whole": "num_nulls(decided_by, decided_on) = CASE status WHEN 'draft' THEN 2 ELSE 0 END",
        "approved_with_day": "(status <> 'approved') OR effective_from >= decided_on",
        "refused_with_reason": "(status = 'refused') = (refusal IS NOT NULL)",
        "dates_forward": "decided_on >= drafted_on",
    }
    op.create_table(
        "guidance",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("max_percent", PERCENT, nullable=True),
        sa.Column("max_enterprise_quota", MONEY, nullable=True),
        sa.Column("max_quota_share_percent", PERCENT, nullable=True),
        sa.Column("first_voucher_free_allowed", sa.Boolean(), nullable=False),
        sa.Column("recommended_categories", TEXTS, nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("drafted_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        *_aggregate(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guidance")),
        sa.UniqueConstraint("no", name=op.f("uq_guidance_no")),
        *_checks("guidance", checks),
    )
    op.create_index(
        "uq_guidance_year_effective_from",
        "guidance",
        ["year", "effective_from"],
        unique=True,
        postgresql_where=sa.text("status = 'approved'"),
    )
    op.create_index(
        "uq_guidance_year_draft", "guidance", ["year"], unique=True, postgresql_where=sa.text("status = 'draft'")
    )


def _count_for_the_city() -> None:
    # The limit is the rule's to test, with the edition's figure; the row must only be wide enough for the sum.
    op.execute(
        "INSERT INTO ceiling (kind, subject, period, limit_amount, committed)"
        " SELECT 'vouchers.city_quota', voucher.enterprise_id::text, programme.year::text,"
        " sum(face_value - returned), sum(face_value - returned)"
        " FROM voucher JOIN programme ON programme.id = voucher.programme_id"
        " GROUP BY voucher.enterprise_id, programme.year"
    )


def _learn_sizes() -> None:
    op.add_column("known_enterprise", sa.Column("size_class", sa.Text(), nullable=True))
    # The copies take only what is newer: one version back, each takes its last event again and nothing older.
    op.execute("UPDATE known_enterprise SET version = version - 1")
    op.execute("DELETE FROM consumer_cursor WHERE topic = 'registry.enterprise'")
    op.execute(
        "-- squawk-ignore require-concurrent-index-creation\n"
        "CREATE INDEX ix_known_enterprise_merged_into_id ON known_enterprise (merged_into_id)"
        " WHERE merged_into_id IS NOT NULL"
    )


def downgrade() -> None:
    raise NotImplementedError("what was decided is not dropped: restore a backup instead")
