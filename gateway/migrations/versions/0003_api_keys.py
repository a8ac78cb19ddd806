"""API keys, and the nonces of their signed requests."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_CHECKS = {
    "public_id_form": "public_id ~ '^[0-9A-Za-z]{12}$'",
    "digest_length": "octet_length(digest) = 32",
    "scopes_some": "cardinality(scopes) > 0",
    "slot_known": "slot IN (1, 2)",
    "revoked_frees_slot": "revoked_at IS NULL OR slot IS NULL",
    "confirmed_by_somebody": "(confirmed_at IS NULL) = (confirmed_by IS NULL)",
    "four_eyes": "confirmed_by <> requested_by OR requested_by IN (account_id::text, 'command-line')",
    "signature_mode_known": "signature_mode IN ('none', 'optional', 'required')",
    "signing_key_whole": (
        "CASE algorithm WHEN 'ed25519' THEN octet_length(public_key) = 32"
        " AND num_nonnulls(key_id, sealed_secret) = 0"
        " WHEN 'hmac-sha256' THEN public_key IS NULL AND num_nonnulls(key_id, sealed_secret) = 2"
        " ELSE algorithm IS NULL AND num_nonnulls(public_key, key_id, sealed_secret) = 0 END"
    ),
    "signature_has_key": "(signature_mode = 'none') = (algorithm IS NULL)",
}


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("networks", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("slot", sa.SmallInteger()),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("confirmed_by", sa.Text()),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        sa.Column("replaces", sa.Uuid()),
        sa.Column("signature_mode", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text()),
        sa.Column("public_key", sa.LargeBinary()),
        sa.Column("key_id", sa.Text()),
        sa.Column("sealed_secret", sa.LargeBinary()),
        sa.Column("rate_class", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.UniqueConstraint("public_id", name="uq_api_key_public_id"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_api_key_account_id"),
        sa.ForeignKeyConstraint(["replaces"], ["api_key.id"], name="fk_api_key_replaces"),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_api_key_{name}")) for name, rule in _CHECKS.items()),
    )
    taken = sa.text("slot IS NOT NULL")
    op.create_index(
        "uq_api_key_slot", "api_key", ["account_id", "livemode", "slot"], unique=True, postgresql_where=taken
    )
    op.create_index("ix_api_key_account_id", "api_key", ["account_id"])
    op.create_index("ix_api_key_created_at_id", "api_key", ["created_at", "id"])
    op.create_index("ix_api_key_expires_at", "api_key", ["expires_at"], postgresql_where=taken)
    op.create_table(
        "api_key_nonce",
        sa.Column("api_key_id", sa.Uuid(), nullable=False),
        sa.Column("nonce_digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("api_key_id", "nonce_digest", name="pk_api_key_nonce"),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_key.id"], name="fk_api_key_nonce_api_key_id"),
        sa.CheckConstraint("octet_length(nonce_digest) = 32", name=op.f("ck_api_key_nonce_nonce_digest_length")),
    )
    op.create_index("ix_api_key_nonce_expires_at", "api_key_nonce", ["expires_at"])


def downgrade() -> None:
    raise NotImplementedError("forward only: restore a backup instead")
