"""Second factors: the secret shared with somebody's authenticator, and the codes for the day it is lost."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.base import Base


class SecondFactor(Base):
    """An account's TOTP secret (RFC 6238), sealed under the key `key_id` and bound to the account.

    It counts from `confirmed_at` on. `last_step` is the time step of the last code accepted: no code at or before it is
    ever accepted again.
    """

    __tablename__ = "second_factor"
    __table_args__ = (
        CheckConstraint("last_step >= 0", name="last_step_not_negative"),
        Index("ix_second_factor_key_id", "key_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    """The account's."""
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str]
    enrolled_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))


class RecoveryCode(Base):
    """A code that stands for the authenticator once, by its SHA-256 (80 random bits need no slow hash)."""

    __tablename__ = "recovery_code"
    __table_args__ = (CheckConstraint("length(digest) = 32", name="digest_is_sha256"),)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    used_at: Mapped[datetime | None]
