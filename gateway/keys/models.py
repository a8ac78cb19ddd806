"""API keys and the nonces of their signed requests."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gateway.base import Base
from gateway.keys.rules import Algorithm, SignatureMode, Status, status_of
from shared.clock import utcnow
from shared.db import Aggregate


class ApiKey(Aggregate, Base):
    """A key of an account, whose roles and scope are the key's. Of the key itself only the SHA-256 is kept.

    `slot` is what makes at most two of a mode live: it is freed when the key is revoked, and by the next key once the
    key is over. `key_id` names the sealing key of `sealed_secret`, the shared secret of HMAC.
    """

    __tablename__ = "api_key"
    __table_args__ = (
        UniqueConstraint("public_id", name="uq_api_key_public_id"),
        CheckConstraint("public_id ~ '^[0-9A-Za-z]{12}$'", name="public_id_form"),
        CheckConstraint("octet_length(digest) = 32", name="digest_length"),
        CheckConstraint("cardinality(scopes) > 0", name="scopes_some"),
        CheckConstraint("slot IN (1, 2)", name="slot_known"),
        CheckConstraint("revoked_at IS NULL OR slot IS NULL", name="revoked_frees_slot"),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_by IS NULL)", name="confirmed_by_somebody"),
        CheckConstraint(
            "confirmed_by <> requested_by OR requested_by IN (account_id::text, 'command-line')", name="four_eyes"
        ),
        CheckConstraint("signature_mode IN ('none', 'optional', 'required')", name="signature_mode_known"),
        CheckConstraint(
            "CASE algorithm WHEN 'ed25519' THEN octet_length(public_key) = 32"
            " AND num_nonnulls(key_id, sealed_secret) = 0"
            " WHEN 'hmac-sha256' THEN public_key IS NULL AND num_nonnulls(key_id, sealed_secret) = 2"
            " ELSE algorithm IS NULL AND num_nonnulls(public_key, key_id, sealed_secret) = 0 END",
            name="signing_key_whole",
        ),
        CheckConstraint("(signature_mode = 'none') = (algorithm IS NULL)", name="signature_has_key"),
        Index(
            "uq_api_key_slot", "account_id", "livemode", "slot", unique=True, postgresql_where=text("slot IS NOT NULL")
        ),
        Index("ix_api_key_account_id", "account_id"),
        Index("ix_api_key_created_at_id", "created_at", "id"),
        Index("ix_api_key_expires_at", "expires_at", postgresql_where=text("slot IS NOT NULL")),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", name="fk_api_key_account_id"))
    public_id: Mapped[str]
    livemode: Mapped[bool]
    name: Mapped[str]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    networks: Mapped[list[str]] = mapped_column(ARRAY(Text))
    slot: Mapped[int | None] = mapped_column(SmallInteger)
    expires_at: Mapped[datetime]
    requested_by: Mapped[str]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    replaces: Mapped[UUID | None] = mapped_column(ForeignKey("api_key.id", name="fk_api_key_replaces"))
    signature_mode: Mapped[SignatureMode] = mapped_column(Text)
    algorithm: Mapped[Algorithm | None] = mapped_column(Text)
    public_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_id: Mapped[str | None]
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    rate_class: Mapped[str | None]

    @property
    def status(self) -> Status:
        """Where it stands now."""
        return status_of(
            confirmed_at=self.confirmed_at, revoked_at=self.revoked_at, expires_at=self.expires_at, now=utcnow()
        )


class ApiKeyNonce(Base):
    """A nonce that a key has used, kept until a signature with it is too old anyway; as a digest, of one length."""

    __tablename__ = "api_key_nonce"
    __table_args__ = (
        CheckConstraint("octet_length(nonce_digest) = 32", name="nonce_digest_length"),
        Index("ix_api_key_nonce_expires_at", "expires_at"),
    )

    api_key_id: Mapped[UUID] = mapped_column(
        ForeignKey("api_key.id", name="fk_api_key_nonce_api_key_id"), primary_key=True
    )
    nonce_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    expires_at: Mapped[datetime]
