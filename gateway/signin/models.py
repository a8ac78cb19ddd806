"""Failed sign-ins, kept per user name and address, so that nobody can lock out somebody else."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from gateway.base import Base


class SignInFailure(Base):
    """Failures in a row of one address at one user name.

    The user name is kept as a digest: people type passwords into the wrong field.
    """

    __tablename__ = "sign_in_failure"
    __table_args__ = (
        CheckConstraint("failures > 0", name="failures_positive"),
        Index("ix_sign_in_failure_last_failed_at", "last_failed_at"),
    )

    username_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_failed_at: Mapped[datetime]
    blocked_until: Mapped[datetime]


class SignInPressure(Base):
    """Failures at one user name from all addresses together that never signed in there before, within the hour."""

    __tablename__ = "sign_in_pressure"
    __table_args__ = (
        CheckConstraint("failures >= 0", name="failures_not_negative"),
        Index("ix_sign_in_pressure_since", "since"),
    )

    username_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int]
    since: Mapped[datetime]
    next_at: Mapped[datetime]
