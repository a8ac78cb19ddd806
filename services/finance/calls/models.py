"""The tables of calls. The constraints repeat the rules, so that none can be passed by."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.base import Base
from services.finance.calls import states
from shared.db import Aggregate

OVERLAP: Final = "ex_grant_call_window_overlap"
_STATES = ", ".join(f"'{state}'" for state in states.STATES)


class GrantCall(Aggregate, Base):
    """The call of one fiscal year; `opens_on` and `closes_on` are the first and the last day for applications."""

    __tablename__ = "grant_call"
    __table_args__ = (
        UniqueConstraint("no", name="uq_grant_call_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("opens_on <= closes_on", name="window_forward"),
        CheckConstraint("cardinality(tiers) > 0", name="tiers_named"),
        CheckConstraint(
            "num_nulls(decided_by, decided_on) = CASE status WHEN 'drafted' THEN 2 ELSE 0 END", name="decision_whole"
        ),
        CheckConstraint("(status = 'refused') = (reason_code IS NOT NULL)", name="refused_with_reason"),
        CheckConstraint("decided_by <> drafted_by", name="decided_by_another"),
        Index("ix_grant_call_fiscal_year", "fiscal_year", "id"),
    )

    no: Mapped[str]
    fiscal_year: Mapped[int]
    edition: Mapped[str]
    document_no: Mapped[str]
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    tiers: Mapped[list[str]] = mapped_column(ARRAY(Text))
    purposes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """What the grants of these tiers serve, by the edition."""
    status: Mapped[str]
    drafted_on: Mapped[date]
    drafted_by: Mapped[str]
    decided_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    reason_code: Mapped[str | None]


class CallWindow(Base):
    """When centres of one tier may apply, by a published call; no two calls of a year overlap for a tier."""

    __tablename__ = "grant_call_window"
    __table_args__ = (
        ExcludeConstraint(
            ("fiscal_year", "="),
            ("tier", "="),
            (text("daterange(opens_on, closes_on, '[]')"), "&&"),
            using="gist",
            name=OVERLAP,
        ),
    )

    call_id: Mapped[UUID] = mapped_column(ForeignKey("grant_call.id"), primary_key=True)
    tier: Mapped[str] = mapped_column(primary_key=True)
    fiscal_year: Mapped[int]
    opens_on: Mapped[date]
    closes_on: Mapped[date]
