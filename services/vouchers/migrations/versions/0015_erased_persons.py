"""Whose data the registry erased: nothing new refers to them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "known_person",
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("erased_on", sa.Date()),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_known_person")),
    )


def downgrade() -> None:
    raise NotImplementedError("forward only: restore a backup instead")
