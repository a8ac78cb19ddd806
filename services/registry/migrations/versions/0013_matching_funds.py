"""Matching funds of divisions, as finance tells them, and the years whose budget a division owes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MONEY = sa.Numeric(18, 2)


def upgrade() -> None:
    op.create_table(
        "known_matching_fund",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("document_no", sa.Text()),
        sa.Column("budget", MONEY, nullable=False),
        sa.Column("spent", MONEY, nullable=False),
        sa.Column("approved_on", sa.Date()),
        sa.Column("pending_amount", MONEY),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_matching_fund")),
    )
    op.create_index("ix_known_matching_fund_division_year", "known_matching_fund", ["division", "year"])
    op.create_table(
        "division_budget_year",
        sa.Column("division_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["division_id"], ["division.id"], name=op.f("fk_division_budget_year_division_id")),
        sa.PrimaryKeyConstraint("division_id", "year", name=op.f("pk_division_budget_year")),
    )


def downgrade() -> None:
    op.drop_table("division_budget_year")
    op.drop_table("known_matching_fund")
