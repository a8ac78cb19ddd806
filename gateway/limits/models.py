"""What all gateway processes have drawn from the token buckets."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Double
from sqlalchemy.orm import Mapped, mapped_column

from gateway.base import Base


class RateBucket(Base):
    """One token bucket. Times are seconds of the database's clock since 1970.

    `drawn_until` is the only state: tokens grow from that instant on, so a draw moves it forward (the generic cell rate
    algorithm of ITU-T I.371). `per_second`, `burst` and `granted` are those of the last draw. A bucket nobody asked for
    within an hour is full, and its row is deleted.
    """

    __tablename__ = "rate_bucket"
    __table_args__ = (
        CheckConstraint("granted >= 0", name="granted_not_negative"),
        {"prefixes": ["UNLOGGED"], "postgresql_with": {"fillfactor": "50"}},
    )

    bucket: Mapped[str] = mapped_column(primary_key=True)
    drawn_until: Mapped[float] = mapped_column(Double)
    asked_at: Mapped[float] = mapped_column(Double)
    per_second: Mapped[float] = mapped_column(Double)
    burst: Mapped[int]
    granted: Mapped[int]
