"""Whose data the registry erased: nothing new refers to them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("known_person", sa.Column("erased_on", sa.Date()))
    # Events that were passed over until now are read again.
    op.execute("DELETE FROM consumer_cursor WHERE topic = 'registry.person'")


def downgrade() -> None:
    raise NotImplementedError("forward only: restore a backup instead")
