"""Identities of outside issuers."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_CHECKS = {
    "lengths": "length(issuer) BETWEEN 1 AND 500 AND length(subject) BETWEEN 1 AND 255",
    "one_account": "num_nonnulls(admitted_at, linked_account_id) < 2",
    "never_both": "num_nonnulls(admitted_at, unlinked_at) < 2",
    "link_is_whole": "num_nonnulls(linked_account_id, linked_by, linked_at) IN (0, 3)",
    "confirmation_is_whole": "num_nonnulls(confirmed_by, confirmed_at) IN (0, 2)",
    "confirmed_link": "confirmed_by IS NULL OR linked_by IS NOT NULL",
    "four_eyes": "confirmed_by <> linked_by",
    "not_by_oneself": "confirmed_by <> linked_account_id::text",
}


def upgrade() -> None:
    op.create_table(
        "outside_identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("issuer_name", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("admitted_at", sa.DateTime(timezone=True)),
        sa.Column("person_ref", sa.Text()),
        sa.Column("linked_account_id", sa.Uuid()),
        sa.Column("linked_by", sa.Text()),
        sa.Column("linked_at", sa.DateTime(timezone=True)),
        sa.Column("confirmed_by", sa.Text()),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("unlinked_at", sa.DateTime(timezone=True)),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
        sa.Column("seen_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_outside_identity"),
        sa.UniqueConstraint("issuer", "subject", name="uq_outside_identity_issuer_subject"),
        sa.ForeignKeyConstraint(
            ["linked_account_id"], ["account.id"], name="fk_outside_identity_linked_account_id_account"
        ),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_outside_identity_{name}")) for name, rule in _CHECKS.items()),
    )
    op.create_index("ix_outside_identity_created_at_id", "outside_identity", ["created_at", "id"])
    op.create_index("ix_outside_identity_linked_account_id", "outside_identity", ["linked_account_id"])
    op.create_index(
        "uq_outside_identity_person_ref",
        "outside_identity",
        ["person_ref"],
        unique=True,
        postgresql_where=sa.text("admitted_at IS NOT NULL AND person_ref IS NOT NULL"),
    )


def downgrade() -> None:
    raise NotImplementedError("forward only: restore a backup instead")
