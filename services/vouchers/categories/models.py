"""Categories that issuers added to those of the edition."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base


class OwnCategory(Base):
    """A category of one issuer; providers offer it by the same word, so a word belongs to one issuer."""

    __tablename__ = "own_category"
    __table_args__ = (
        CheckConstraint("code ~ '^[a-z][a-z0-9_]{0,63}$'", name="code_is_word"),
        Index("ix_own_category_issuer_division", "issuer_division"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    issuer_division: Mapped[str]
    title_zh: Mapped[str]
    title_en: Mapped[str]
