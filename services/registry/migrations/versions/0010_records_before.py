"""Enterprises and stays from before 2019."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES: Final = ("enterprise", "tenancy")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("migrated", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.execute("ALTER TABLE tenancy ALTER CONSTRAINT fk_tenancy_centre_id DEFERRABLE INITIALLY IMMEDIATE")


def downgrade() -> None:
    op.execute("ALTER TABLE tenancy ALTER CONSTRAINT fk_tenancy_centre_id NOT DEFERRABLE")
    for table in TABLES:
        op.drop_column(table, "migrated")
