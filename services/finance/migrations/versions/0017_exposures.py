"""What finance knows of vouchers, for exposure statements; enterprises, tenancies and uses of vouchers read again."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_READ_AGAIN = (
    "DELETE FROM consumer_cursor WHERE topic IN ('registry.enterprise', 'registry.tenancy', 'vouchers.redemption')"
)
"""Topics that were read before there was a handler, or a column, for all that they tell. The copies take only what is
newer, and a merger that was carried out finds nothing left to move."""


def upgrade() -> None:
    op.create_table(
        "known_voucher_programme",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("issuer_division", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("enterprise_quota", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("startup_months", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_voucher_programme")),
    )
    op.create_table(
        "known_voucher",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("face_value", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_voucher")),
    )
    op.create_index("ix_known_voucher_enterprise_id", "known_voucher", ["enterprise_id"])
    op.create_table(
        "known_redemption",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("voucher_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("subsidy", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_redemption")),
    )
    op.create_index("ix_known_redemption_voucher_id", "known_redemption", ["voucher_id"])
    # The last event of each enterprise is taken once more: it fills the columns that the copy has got since.
    op.execute("UPDATE known_enterprise SET version = version - 1")
    op.execute(_READ_AGAIN)


def downgrade() -> None:
    op.drop_table("known_redemption")
    op.drop_table("known_voucher")
    op.drop_table("known_voucher_programme")
