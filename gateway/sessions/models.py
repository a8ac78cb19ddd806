"""Sign-ins that are open or were, and the refresh tokens of each."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.base import Base
from shared.db import Aggregate

REASONS = (
    *("signed_out", "revoked", "password_changed", "account_disabled"),
    *("refresh_reused", "second_factor_reset"),
)
_QUOTED = ", ".join(f"'{reason}'" for reason in REASONS)


class AccountSession(Aggregate, Base):
    """One sign-in; its id is the `sid` of its access tokens. Of the address only the network is kept (/24 or /64), of
    the browser only the family: enough for the holder to know it again."""

    __tablename__ = "account_session"
    __table_args__ = (
        CheckConstraint("num_nonnulls(revoked_at, reason) IN (0, 2)", name="end_has_a_reason"),
        CheckConstraint(f"reason IN ({_QUOTED})", name="reason_known"),
        CheckConstraint("expires_at > opened_at", name="expires_later"),
        Index("ix_account_session_account_id", "account_id", "opened_at"),
        Index("ix_account_session_expires_at", "expires_at"),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    opened_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """The absolute end, whatever is refreshed until then."""
    address: Mapped[str]
    agent: Mapped[str]
    second_factor: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    revoked_at: Mapped[datetime | None]
    reason: Mapped[str | None]


class RefreshToken(Base):
    """A refresh token by its SHA-256; the token itself is 256 random bits that only the client has.

    Used-up tokens stay until their session is forgotten: one that comes again is recognised by them.
    """

    __tablename__ = "refresh_token"
    __table_args__ = (
        CheckConstraint("length(digest) = 32", name="digest_is_sha256"),
        Index("ix_refresh_token_session_id", "session_id"),
        Index(
            "uq_refresh_token_live", "session_id", unique=True, postgresql_where=text("used_at IS NULL AND NOT void")
        ),
    )

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("account_session.id", ondelete="CASCADE"))
    parent: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The token in exchange for which it was issued; none for the one of the sign-in."""
    issued_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    void: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Replaced before it was ever used, because the answer that carried it was lost."""
