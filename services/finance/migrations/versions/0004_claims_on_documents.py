"""Invoices in the one spelling of their keys, with their amounts, and what vouchers claim on them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MONEY = sa.Numeric(18, 2)


def upgrade() -> None:
    op.add_column("spending_line", sa.Column("invoice_amount", MONEY))
    # The parts of a key are codes and digits: no part has either separator in it.
    op.execute(
        "UPDATE spending_line SET invoice_key = replace(invoice_key, '/', '|'), invoice_amount = amount"
        " WHERE invoice_key IS NOT NULL"
    )
    # NOT VALID: the amount was just filled with the line's own.
    op.execute(
        "ALTER TABLE spending_line ADD CONSTRAINT ck_spending_line_amount_within_invoice"
        " CHECK (amount <= invoice_amount) NOT VALID"
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
