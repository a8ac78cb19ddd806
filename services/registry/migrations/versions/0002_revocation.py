"""Revoking a title outside a delisting: proposed by one person, decided by another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Who proposed and who decided, and by which document."""
    op.add_column("qualification", sa.Column("revocation_proposed_by", sa.Text()))
    op.add_column("qualification", sa.Column("revocation_proposed_on", sa.Date()))
    op.add_column("qualification", sa.Column("revocation_decided_by", sa.Text()))
    op.add_column("qualification", sa.Column("revocation_document_no", sa.Text()))
    op.execute(
        "ALTER TABLE qualification ADD CONSTRAINT ck_qualification_revocation_four_eyes"
        " CHECK (revocation_decided_by <> revocation_proposed_by) NOT VALID"
    )


def downgrade() -> None:
    """Columns of decisions are not dropped."""
    raise NotImplementedError("who decided is not forgotten: restore a backup instead")
