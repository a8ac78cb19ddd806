"""Token buckets that several gateway processes draw from."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Unlogged: after a crash of the server every bucket is full again, and no lease costs a write to the log.
    op.create_table(
        "rate_bucket",
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("drawn_until", sa.Double(), nullable=False),
        sa.Column("asked_at", sa.Double(), nullable=False),
        sa.Column("per_second", sa.Double(), nullable=False),
        sa.Column("burst", sa.Integer(), nullable=False),
        sa.Column("granted", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name="pk_rate_bucket"),
        sa.CheckConstraint("granted >= 0", name=op.f("ck_rate_bucket_granted_not_negative")),
        prefixes=["UNLOGGED"],
        postgresql_with={"fillfactor": "50"},
    )


def downgrade() -> None:
    raise NotImplementedError("forward only: restore a backup instead")
