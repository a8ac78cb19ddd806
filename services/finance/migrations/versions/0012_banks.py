"""Banks, their products with dated terms, and what enterprises allow them to see."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MONEY = sa.Numeric(18, 2)
RATE = sa.Numeric(7, 4)


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    _create_bank()
    _create_bank_revision()
    _create_bank_product()
    _create_bank_product_terms()
    _create_data_authorisation()


def _create_bank() -> None:
    op.create_table(
        "bank",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text()),
        sa.Column("email", sa.Text()),
        sa.Column("channels", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("approved_by", sa.Text()),
        sa.Column("approved_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("channels <@ ARRAY['online', 'offline']::text[]", name=op.f("ck_bank_channels_known")),
        sa.CheckConstraint("code ~ '^[A-Z][A-Z0-9]{1,11}$'", name=op.f("ck_bank_code_form")),
        sa.CheckConstraint(
            "status IN ('proposed', 'active', 'suspended', 'refused')", name=op.f("ck_bank_status_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank")),
        sa.UniqueConstraint("code", name="uq_bank_code"),
    )


def _create_bank_revision() -> None:
    op.create_table(
        "bank_revision",
        sa.Column("bank_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text()),
        sa.Column("email", sa.Text()),
        sa.Column("channels", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("taking_referrals", sa.Boolean(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.CheckConstraint(
            "(status = 'refused') = (reason_code IS NOT NULL)", name=op.f("ck_bank_revision_refused_with_reason")
        ),
        sa.CheckConstraint(
            "num_nulls(decided_by, decided_on) = CASE status WHEN 'recorded' THEN 2 ELSE 0 END",
            name=op.f("ck_bank_revision_decided_whole"),
        ),
        sa.CheckConstraint("status IN ('recorded', 'approved', 'refused')", name=op.f("ck_bank_revision_status_known")),
        sa.CheckConstraint("decided_by <> recorded_by", name=op.f("ck_bank_revision_decider_is_another")),
        sa.CheckConstraint("decided_on >= recorded_on", name=op.f("ck_bank_revision_dates_forward")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_bank_revision_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "revision", name=op.f("pk_bank_revision")),
    )
    op.create_index(
        "uq_bank_revision_open",
        "bank_revision",
        ["bank_id"],
        unique=True,
        postgresql_where=sa.text("status = 'recorded'"),
    )


def _create_bank_product() -> None:
    op.create_table(
        "bank_product",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("withdrawn_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status = 'withdrawn') = (withdrawn_on IS NOT NULL)", name=op.f("ck_bank_product_withdrawn_on_a_day")
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'listed', 'withdrawn', 'refused')", name=op.f("ck_bank_product_status_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_product")),
        sa.UniqueConstraint("code", name="uq_bank_product_code"),
    )
    op.create_index("ix_bank_product_bank", "bank_product", ["bank"], unique=False)


def _create_bank_product_terms() -> None:
    op.create_table(
        "bank_product_terms",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date()),
        sa.Column("minimum_amount", MONEY),
        sa.Column("limit_amount", MONEY),
        sa.Column("rate_from", RATE),
        sa.Column("rate_to", RATE),
        sa.Column("longest_months", sa.Integer()),
        sa.Column("collaterals", postgresql.ARRAY(sa.Text())),
        sa.Column("channels", postgresql.ARRAY(sa.Text())),
        sa.Column("required_data", postgresql.ARRAY(sa.Text())),
        sa.Column("sizes", postgresql.ARRAY(sa.Text())),
        sa.Column("industries", postgresql.ARRAY(sa.Text())),
        sa.Column("tax_grades", postgresql.ARRAY(sa.Text())),
        sa.Column("minimum_age_months", sa.Integer()),
        sa.Column("document_no", sa.Text()),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        postgresql.ExcludeConstraint(
            (sa.column("product_id"), "="),
            (sa.text("daterange(valid_from, valid_until, '[]')"), "&&"),
            where=sa.text("status = 'approved' AND kind = 'terms'"),
            using="gist",
            name="ex_bank_product_terms_days",
        ),
        sa.CheckConstraint(
            "(status = 'refused') = (reason_code IS NOT NULL)", name=op.f("ck_bank_product_terms_refused_with_reason")
        ),
        sa.CheckConstraint("kind IN ('terms', 'withdrawal')", name=op.f("ck_bank_product_terms_kind_known")),
        sa.CheckConstraint(
            "num_nulls(decided_by, decided_on) = CASE status WHEN 'recorded' THEN 2 ELSE 0 END",
            name=op.f("ck_bank_product_terms_decided_whole"),
        ),
        sa.CheckConstraint(
            "num_nulls(minimum_amount, limit_amount, longest_months, minimum_age_months, collaterals, channels,"
            " required_data, sizes, industries, tax_grades) = CASE kind WHEN 'terms' THEN 0 ELSE 10 END",
            name=op.f("ck_bank_product_terms_terms_whole"),
        ),
        sa.CheckConstraint(
            "status IN ('recorded', 'approved', 'refused')", name=op.f("ck_bank_product_terms_status_known")
        ),
        sa.CheckConstraint("decided_by <> recorded_by", name=op.f("ck_bank_product_terms_decider_is_another")),
        sa.CheckConstraint(
            "longest_months > 0 AND minimum_age_months >= 0", name=op.f("ck_bank_product_terms_months_positive")
        ),
        sa.CheckConstraint(
            "minimum_amount >= 0 AND limit_amount > 0 AND minimum_amount <= limit_amount",
            name=op.f("ck_bank_product_terms_amounts"),
        ),
        sa.CheckConstraint(
            "rate_from >= 0 AND rate_to >= rate_from", name=op.f("ck_bank_product_terms_rates_in_order")
        ),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f("ck_bank_product_terms_days_forward")),
        sa.ForeignKeyConstraint(["product_id"], ["bank_product.id"], name=op.f("fk_bank_product_terms_product_id")),
        sa.PrimaryKeyConstraint("product_id", "revision", name=op.f("pk_bank_product_terms")),
    )
    op.create_index(
        "uq_bank_product_terms_open",
        "bank_product_terms",
        ["product_id"],
        unique=True,
        postgresql_where=sa.text("status = 'recorded'"),
    )


def _create_data_authorisation() -> None:
    op.create_table(
        "data_authorisation",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_code", sa.Text(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("document_no", sa.Text()),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("withdrawn_on", sa.Date()),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("livemode", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("cardinality(fields) > 0", name=op.f("ck_data_authorisation_fields_some")),
        sa.CheckConstraint("granted_on <= valid_until", name=op.f("ck_data_authorisation_not_over_when_granted")),
        sa.CheckConstraint(
            "num_nulls(withdrawn_on, withdrawn_at, withdrawn_by) IN (0, 3)",
            name=op.f("ck_data_authorisation_withdrawn_whole"),
        ),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_data_authorisation_dates_forward")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_authorisation")),
        sa.UniqueConstraint("no", name="uq_data_authorisation_no"),
    )
    op.create_index("ix_data_authorisation_bank", "data_authorisation", ["bank"], unique=False)
    op.create_index(
        "ix_data_authorisation_enterprise_id_bank", "data_authorisation", ["enterprise_id", "bank"], unique=False
    )


def downgrade() -> None:
    raise NotImplementedError("what banks have reported is not taken off record: restore a backup instead")
