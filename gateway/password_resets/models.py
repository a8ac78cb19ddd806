"""Tokens with which somebody who has forgotten his password chooses another one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from gateway.base import Base


class PasswordReset(Base):
    """The one token that is good for an account, by its SHA-256; it is gone once it was used.

    It is of the account's `generation` then: a password that was replaced meanwhile, or a stop, makes it void.
    """

    __tablename__ = "password_reset"
    __table_args__ = (
        CheckConstraint("length(digest) = 32", name="digest_is_sha256"),
        Index("uq_password_reset_digest", "digest", unique=True),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    """The account's."""
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    generation: Mapped[int] = mapped_column(BigInteger)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
