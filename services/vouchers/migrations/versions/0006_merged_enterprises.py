"""Which record of an enterprise goes on for a merged one."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("known_enterprise", sa.Column("merged_into_id", sa.Uuid()))


def downgrade() -> None:
    op.drop_column("known_enterprise", "merged_into_id")
