"""The table of amendments."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.amendments.rules import STATUSES
from services.vouchers.base import Base
from shared.db import Aggregate

_STATES: Final = ", ".join(f"'{status}'" for status in STATUSES)


class ProgrammeAmendment(Aggregate, Base):
    """A change of an open programme's terms: drafted by one, approved by another, effective no earlier than that."""

    __tablename__ = "programme_amendment"
    __table_args__ = (
        UniqueConstraint("no", name="uq_programme_amendment_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("status NOT IN ('approved', 'refused') OR decided_by <> drafted_by", name="four_eyes"),
        CheckConstraint(
            "num_nulls(decided_by, decided_on) = CASE status WHEN 'draft' THEN 2 ELSE 0 END", name="decided_whole"
        ),
        CheckConstraint("status <> 'approved' OR effective_from >= decided_on", name="approved_with_day"),
        CheckConstraint("(status = 'refused') = (refusal IS NOT NULL)", name="refused_with_reason"),
        CheckConstraint("decided_on >= drafted_on", name="dates_forward"),
        Index("ix_programme_amendment_programme_id", "programme_id", "id"),
        Index("ix_programme_amendment_issuer_division", "issuer_division", "id"),
        Index("uq_programme_amendment_draft", "programme_id", unique=True, postgresql_where="status = 'draft'"),
    )

    no: Mapped[str]
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programme.id"))
    issuer_division: Mapped[str]
    status: Mapped[str]
    changes: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    """The terms that change, as sent; the others stay as they are on the day of approval."""
    reason: Mapped[str]
    effective_from: Mapped[date | None]
    """The day wanted; NULL until approval for "as soon as approved"."""
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    drafted_by: Mapped[str]
    drafted_on: Mapped[date]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    refusal: Mapped[str | None]
