"""The table of penalties."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from services.vouchers.base import Base
from shared.db import Aggregate


class ProviderPenalty(Aggregate, Base):
    """A penalty of the organisation with that code, whether or not it has applied yet. `decided_on` is the day of the
    decision; one that was annulled bars no more."""

    __tablename__ = "provider_penalty"
    __table_args__ = (
        CheckConstraint("num_nulls(annulled_by, annulled_on, annul_document_no) IN (0, 3)", name="annulled_whole"),
        CheckConstraint("annulled_by <> recorded_by", name="annulled_by_another"),
        CheckConstraint("recorded_on >= decided_on AND annulled_on >= decided_on", name="days_forward"),
        Index("ix_provider_penalty_code", "code", "decided_on"),
        Index("uq_provider_penalty_document", "code", "document_no", unique=True),
    )

    code: Mapped[str]
    decided_on: Mapped[date]
    document_no: Mapped[str]
    authority: Mapped[str]
    matter: Mapped[str]
    recorded_by: Mapped[str]
    recorded_on: Mapped[date]
    annulled_by: Mapped[str | None]
    annulled_on: Mapped[date | None]
    annul_document_no: Mapped[str | None]
