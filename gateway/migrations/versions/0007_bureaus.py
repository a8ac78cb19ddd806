"""Other bureaus that read events."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "bureau",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("topics", postgresql.ARRAY(sa.Text())),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_bureau"),
        sa.UniqueConstraint("account_id", name="uq_bureau_account_id"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_bureau_account_id"),
        sa.CheckConstraint("name ~ '^[a-z][a-z0-9-]{1,30}$'", name=op.f("ck_bureau_name_form")),
        sa.CheckConstraint("public_key ~ '^U[A-Z2-7]{55}$'", name=op.f("ck_bureau_public_key_form")),
        sa.CheckConstraint("cardinality(topics) > 0", name=op.f("ck_bureau_topics_some")),
    )
    op.create_index("uq_bureau_name", "bureau", ["name"], unique=True, postgresql_where=sa.text("removed_at IS NULL"))
    op.create_index("uq_bureau_public_key", "bureau", ["public_key"], unique=True)
    op.create_index("ix_bureau_created_at_id", "bureau", ["created_at", "id"])


def downgrade() -> None:
    raise NotImplementedError("forward only: restore a backup instead")
