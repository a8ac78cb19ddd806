"""The table of use reports. The constraints repeat the rules, so that none can be passed by."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.base import Base
from services.finance.grants.models import Grant
from services.finance.use_reports import states
from shared.db import Aggregate

_STATES = ", ".join(f"'{state}'" for state in states.STATES)


class UseReport(Aggregate, Base):
    """What one grant was used for by the end of one calendar year; amounts in yuan, cumulative.

    `indicators` are the self-review's, `score` their sum of a hundred and `band` its band by the edition; all None
    where no self-review was made.
    """

    __tablename__ = "grant_use_report"
    __table_args__ = (
        UniqueConstraint("no", name="uq_grant_use_report_no"),
        UniqueConstraint("grant_id", "year", name="uq_grant_use_report_year"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint(
            "least(received, spent, ineligible, refunded, recovered, balance) >= 0", name="amounts_not_negative"
        ),
        CheckConstraint("spent + refunded + recovered + balance = received", name="figures_agree"),
        CheckConstraint("num_nulls(indicators, score, band) IN (0, 3)", name="review_whole"),
        CheckConstraint("score BETWEEN 0 AND 100", name="score_of_a_hundred"),
        CheckConstraint("late = (first_submitted_on > due_on)", name="late_after_due_day"),
        CheckConstraint(
            "num_nulls(decided_by, decided_on) = CASE status WHEN 'submitted' THEN 2 ELSE 0 END", name="decision_whole"
        ),
        CheckConstraint("(status = 'returned') = (reason_code IS NOT NULL)", name="returned_with_reason"),
        CheckConstraint("decided_by <> submitted_by", name="decided_by_another"),
        Index("ix_grant_use_report_centre_id", "centre_id", "year"),
    )

    no: Mapped[str]
    grant_id: Mapped[UUID] = mapped_column(ForeignKey(Grant.id))
    centre_id: Mapped[UUID]
    fiscal_year: Mapped[int]
    year: Mapped[int]
    edition: Mapped[str]
    status: Mapped[str]
    due_on: Mapped[date]
    late: Mapped[bool]
    submission: Mapped[int]
    received: Mapped[Decimal]
    spent: Mapped[Decimal]
    ineligible: Mapped[Decimal]
    refunded: Mapped[Decimal]
    recovered: Mapped[Decimal]
    balance: Mapped[Decimal]
    statement: Mapped[str]
    indicators: Mapped[list[dict[str, JsonValue]] | None] = mapped_column(JSONB(none_as_null=True))
    score: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    band: Mapped[str | None]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    first_submitted_on: Mapped[date]
    submitted_on: Mapped[date]
    submitted_by: Mapped[str]
    decided_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    reason_code: Mapped[str | None]
