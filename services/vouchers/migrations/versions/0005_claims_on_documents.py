"""Invoices with their amounts, and what grants claim on them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MONEY = sa.Numeric(18, 2)


def upgrade() -> None:
    op.add_column("redemption", sa.Column("invoice_amount", MONEY))
    # Before invoices had amounts of their own, the price was all that was stated of them.
    op.execute("UPDATE redemption SET invoice_amount = price WHERE invoice_key IS NOT NULL")
    # NOT VALID: a subsidy is never more than the price, so every row meets it.
    op.execute(
        "ALTER TABLE redemption ADD CONSTRAINT ck_redemption_subsidy_within_invoice"
        " CHECK (invoice_key IS NULL OR subsidy <= invoice_amount) NOT VALID"
    )
    op.create_table(
        "known_claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document_key", sa.Text(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("document_amount", MONEY, nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_claim")),
    )
    op.create_index("ix_known_claim_document_key", "known_claim", ["document_key"])


def downgrade() -> None:
    raise NotImplementedError("there is no way back: restore a backup instead")
