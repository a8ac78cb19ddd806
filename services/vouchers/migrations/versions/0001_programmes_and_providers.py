"""Programmes, providers, categories, ceilings, and what is known of the registry."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.kernel_schema import create_kernel

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MONEY = sa.Numeric(18, 2)
TEXTS = postgresql.ARRAY(sa.Text())


def upgrade() -> None:
    create_kernel(op)
    _create_projections()
    _create_ceilings()
    _create_programme()
    _create_provider()


def _aggregate() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def _create_projections() -> None:
    op.create_table(
        "known_centre",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text()),
        sa.Column("owner_division", sa.Text()),
        sa.Column("site_division", sa.Text()),
        sa.Column("listed_on", sa.Date()),
        sa.Column("delisting_case_id", sa.Uuid()),
        sa.CheckConstraint(
            "(version = 0 AND delisting_case_id IS NOT NULL) OR num_nulls(status, owner_division, site_division) = 0",
            name=op.f("ck_known_centre_known_or_marked"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_centre")),
    )
    op.create_table(
        "known_enterprise",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("legal_representative_ref", sa.Text()),
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
    op.create_index("ix_known_tenancy_centre_id", "known_tenancy", ["centre_id"])


def _create_ceilings() -> None:
    op.create_table(
        "ceiling",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("limit_amount", MONEY, nullable=False),
        sa.Column("committed", MONEY, nullable=False),
        sa.CheckConstraint(
            "committed >= 0 AND committed <= limit_amount", name=op.f("ck_ceiling_committed_within_limit")
        ),
        sa.PrimaryKeyConstraint("kind", "subject", "period", name=op.f("pk_ceiling")),
    )
    op.create_table(
        "enclave_issue",
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("issuer_division", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("enterprise_id", "year", "issuer_division", name=op.f("pk_enclave_issue")),
    )


def _create_programme() -> None:
    op.create_table(
        "own_category",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("issuer_division", sa.Text(), nullable=False),
        sa.Column("title_zh", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.CheckConstraint("code ~ '^[a-z][a-z0-9_]{0,63}$'", name=op.f("ck_own_category_code_is_word")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_own_category")),
    )
    op.create_index("ix_own_category_issuer_division", "own_category", ["issuer_division"])
    checks = {
        "status_known": "status IN ('draft', 'open', 'closed')",
        "amounts_positive": "budget > 0 AND enterprise_quota > 0",
        "subsidy_percent_is_share": "subsidy_percent > 0 AND subsidy_percent <= 100",
        "months_positive": "valid_months > 0 AND startup_months > 0",
        "categories_some": "cardinality(categories) > 0",
        "four_eyes": "opened_by <> drafted_by",
        "open_by_approver": "status <> 'open' OR num_nulls(opened_by, opened_on) = 0",
        "closed_by_somebody": "(status = 'closed') = (num_nulls(closed_by, closed_on) = 0)",
        "dates_forward": "opened_on >= drafted_on AND closed_on >= coalesce(opened_on, drafted_on)",
    }
    op.create_table(
        "programme",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("issuer_division", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("budget", MONEY, nullable=False),
        sa.Column("subsidy_percent", sa.Numeric(5, 2), nullable=False),
        sa.Column("enterprise_quota", MONEY, nullable=False),
        sa.Column("valid_months", sa.Integer(), nullable=False),
        sa.Column("startup_months", sa.Integer(), nullable=False),
        sa.Column("categories", TEXTS, nullable=False),
        sa.Column("decision", postgresql.JSONB(), nullable=False),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("drafted_on", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.Text()),
        sa.Column("opened_on", sa.Date()),
        sa.Column("closed_by", sa.Text()),
        sa.Column("closed_on", sa.Date()),
        *_aggregate(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
        sa.UniqueConstraint("no", name=op.f("uq_programme_no")),
        *(sa.CheckConstraint(sql, name=op.f(f"ck_programme_{name}")) for name, sql in checks.items()),
    )
    op.create_index("ix_programme_issuer_division", "programme", ["issuer_division", "id"])


def _create_provider() -> None:
    checks = {
        "status_known": "status IN ('applied', 'reviewed', 'admitted', 'refused')",
        "categories_some": "cardinality(categories) > 0",
        "admitted_by_decision": "status <> 'admitted' OR num_nulls(reviewed_by, decided_by, admitted_on) = 0",
        "refused_with_reason": "status <> 'refused' OR num_nulls(decided_by, decided_on, reason_code) = 0",
        "four_eyes": "status <> 'admitted' OR (decided_by <> reviewed_by AND decided_by <> applied_by)",
        "dates_forward": "reviewed_on >= applied_on AND decided_on >= coalesce(reviewed_on, applied_on)",
    }
    op.create_table(
        "provider",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("categories", TEXTS, nullable=False),
        sa.Column("legal_representative_ref", sa.Text()),
        sa.Column("applied_by", sa.Text(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("reviewed_by", sa.Text()),
        sa.Column("reviewed_on", sa.Date()),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_on", sa.Date()),
        sa.Column("admitted_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        *_aggregate(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider")),
        sa.UniqueConstraint("no", name=op.f("uq_provider_no")),
        *(sa.CheckConstraint(sql, name=op.f(f"ck_provider_{name}")) for name, sql in checks.items()),
    )
    op.create_index("ix_provider_status", "provider", ["status", "id"])
    op.create_index(
        "uq_provider_code_live", "provider", ["code"], unique=True, postgresql_where=sa.text("status <> 'refused'")
    )


def downgrade() -> None:
    raise NotImplementedError("records of decisions are not dropped: restore a backup instead")
