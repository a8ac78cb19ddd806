"""Reads the registry's enterprises and tenancies again: mergers and moves from before they were listened to."""

from collections.abc import Sequence

from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # The copies take only what is newer, and a merger that was carried out finds nothing left to move.
    op.execute("DELETE FROM consumer_cursor WHERE topic IN ('registry.enterprise', 'registry.tenancy')")


def downgrade() -> None:
    pass
