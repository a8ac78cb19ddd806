"""Invitations: an account that waits for its holder to choose a password."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gateway.base import Base
from shared.db import Aggregate

OPEN = "accepted_at IS NULL AND revoked_at IS NULL"


class Invitation(Aggregate, Base):
    """An invitation under a user name; its token is kept as SHA-256 only. One name has one open invitation."""

    __tablename__ = "invitation"
    __table_args__ = (
        CheckConstraint("length(digest) = 32", name="digest_is_sha256"),
        CheckConstraint("confirmed_by <> invited_by", name="confirmed_by_another"),
        CheckConstraint("confirmed_by IS NOT NULL OR NOT needs_confirmation OR accepted_at IS NULL", name="confirmed"),
        CheckConstraint("num_nonnulls(accepted_at, account_id) IN (0, 2)", name="acceptance_opens_an_account"),
        CheckConstraint("num_nonnulls(accepted_at, revoked_at) < 2", name="one_end"),
        Index("uq_invitation_open_username", "username", unique=True, postgresql_where=text(OPEN)),
        Index("uq_invitation_digest", "digest", unique=True),
        Index("ix_invitation_created_at_id", "created_at", "id"),
    )

    username: Mapped[str]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    org: Mapped[str | None]
    division: Mapped[str | None]
    provider: Mapped[str | None]
    bank: Mapped[str | None]
    person_ref: Mapped[str | None]
    invited_by: Mapped[str]
    needs_confirmation: Mapped[bool]
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    revoked_at: Mapped[datetime | None]
