"""Related parties: representatives on record, holdings, and the share from which they bar a use."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # NOT VALID: providers admitted before this rule may lack a representative until the bureau records it; their uses
    # are refused meanwhile.
    op.execute(
        "ALTER TABLE provider ADD CONSTRAINT ck_provider_admitted_with_representative"
        " CHECK (status <> 'admitted' OR legal_representative_ref IS NOT NULL) NOT VALID"
    )
    # The default is the share of the only edition that vouchers were issued under before this column.
    op.add_column(
        "voucher",
        sa.Column("related_holding_percent", sa.Numeric(5, 2), server_default="25.00", nullable=False),
    )
    # NOT VALID: every row has the default, which meets it.
    op.execute(
        "ALTER TABLE voucher ADD CONSTRAINT ck_voucher_related_holding_percent_is_share"
        " CHECK (related_holding_percent > 0 AND related_holding_percent <= 100) NOT VALID"
    )
    _create_holding()


def _create_holding() -> None:
    checks = {
        "percent_is_share": "percent > 0 AND percent <= 100",
        "two_organisations": "holder_code <> held_code",
        "days_forward": "valid_to >= valid_from",
        "ended_by_somebody_with_a_document": "num_nulls(valid_to, ended_by, end_document) IN (0, 3)",
        "four_eyes": "ended_by <> recorded_by",
    }
    op.create_table(
        "holding",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("holder_code", sa.Text(), nullable=False),
        sa.Column("held_code", sa.Text(), nullable=False),
        sa.Column("percent", sa.Numeric(5, 2), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("source_document", sa.Text(), nullable=False),
        sa.Column("end_document", sa.Text()),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.Text()),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_holding_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holding")),
        *(sa.CheckConstraint(sql, name=op.f(f"ck_holding_{name}")) for name, sql in checks.items()),
    )
    op.create_index(
        "uq_holding_pair_open",
        "holding",
        ["holder_code", "held_code"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_index("ix_holding_pair", "holding", ["holder_code", "held_code"])
    op.create_index("ix_holding_provider_id", "holding", ["provider_id", "id"])


def downgrade() -> None:
    raise NotImplementedError("records of decisions are not dropped: restore a backup instead")
