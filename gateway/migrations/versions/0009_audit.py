"""The gateway's own audit topic: an index of its entries, running counts, and the processes that count."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.kernel_schema import append_only

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Text()) for name in ("account_id", "credential_id", "route", "code", "network", "once")),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
        sa.UniqueConstraint("once", name="uq_audit_entry_once"),
    )
    for column in ("kind", "account_id", "credential_id", "subject_id"):
        op.create_index(f"ix_audit_entry_{column}", "audit_entry", [column, "id"])
    op.create_index("ix_audit_entry_recorded_at", "audit_entry", ["recorded_at"])
    append_only(op, "audit_entry")
    op.create_table(
        "audit_tally",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", postgresql.JSONB(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_audit_tally"),
        sa.CheckConstraint("octet_length(key) = 32", name=op.f("ck_audit_tally_key_length")),
        sa.CheckConstraint("count > 0", name=op.f("ck_audit_tally_count_positive")),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_audit_tally_closes_later")),
    )
    op.create_index("ix_audit_tally_closes_at", "audit_tally", ["closes_at"])
    op.create_table(
        "audit_process",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_process"),
    )


def downgrade() -> None:
    raise NotImplementedError("forward only: restore a backup instead")
