"""The tables of ratings and of what they come to."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from shared.db import Aggregate


class Rating(Aggregate, Base):
    """One to five stars for one redemption, by its holder, once. A text that was hidden stays here, unshown."""

    __tablename__ = "rating"
    __table_args__ = (
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars_one_to_five"),
        CheckConstraint("char_length(text) <= 500", name="text_short"),
        CheckConstraint("num_nulls(hidden_by, hidden_on, hidden_reason) IN (0, 3)", name="hidden_whole"),
        Index("uq_rating_redemption_id", "redemption_id", unique=True),
        Index("ix_rating_provider_id", "provider_id", "id"),
        Index("ix_rating_enterprise_id", "enterprise_id", "id"),
    )

    redemption_id: Mapped[UUID]
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("provider.id"))
    enterprise_id: Mapped[UUID]
    category: Mapped[str]
    stars: Mapped[int] = mapped_column(SmallInteger)
    text: Mapped[str | None]
    rated_by: Mapped[str]
    rated_on: Mapped[date]
    hidden_by: Mapped[str | None]
    hidden_on: Mapped[date | None]
    hidden_reason: Mapped[str | None]


class ProviderScore(Base):
    """How many ratings a provider has and how many stars they make; apart from its row, which every sale locks."""

    __tablename__ = "provider_score"
    __table_args__ = (
        CheckConstraint("ratings > 0 AND stars BETWEEN ratings AND 5 * ratings", name="average_one_to_five"),
    )

    provider_id: Mapped[UUID] = mapped_column(ForeignKey("provider.id"), primary_key=True)
    ratings: Mapped[int]
    stars: Mapped[int]
