"""The four eyes of a revocation, checked for what was there before too."""

from __future__ import annotations

from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """In a transaction of its own: it reads the whole table without keeping writers out."""
    op.execute("ALTER TABLE qualification VALIDATE CONSTRAINT ck_qualification_revocation_four_eyes")


def downgrade() -> None:
    """A constraint stays checked."""
    raise NotImplementedError("restore a backup instead")
