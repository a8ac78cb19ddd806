"""The table of programmes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, Index, Numeric, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from services.vouchers.programmes.rules import STATUSES
from shared.db import Aggregate

_STATES = ", ".join(f"'{status}'" for status in STATUSES)


class Programme(Aggregate, Base):
    """One issuer's programme of one kind and year. Its terms are fixed once it is open; vouchers carry a copy."""

    __tablename__ = "programme"
    __table_args__ = (
        UniqueConstraint("no", name="uq_programme_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("budget > 0 AND enterprise_quota > 0", name="amounts_positive"),
        CheckConstraint("subsidy_percent > 0 AND subsidy_percent <= 100", name="subsidy_percent_is_share"),
        CheckConstraint("valid_months > 0 AND startup_months > 0", name="months_positive"),
        CheckConstraint("cardinality(categories) > 0", name="categories_some"),
        CheckConstraint("opened_by <> drafted_by", name="four_eyes"),
        CheckConstraint("status <> 'open' OR num_nulls(opened_by, opened_on) = 0", name="open_by_approver"),
        CheckConstraint("(status = 'closed') = (num_nulls(closed_by, closed_on) = 0)", name="closed_by_somebody"),
        CheckConstraint(
            "opened_on >= drafted_on AND closed_on >= coalesce(opened_on, drafted_on)", name="dates_forward"
        ),
        Index("ix_programme_issuer_division", "issuer_division", "id"),
    )

    no: Mapped[str]
    issuer_division: Mapped[str]
    kind: Mapped[str]
    year: Mapped[int]
    status: Mapped[str]
    edition: Mapped[str]
    budget: Mapped[Decimal]
    subsidy_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    enterprise_quota: Mapped[Decimal]
    valid_months: Mapped[int]
    startup_months: Mapped[int]
    categories: Mapped[list[str]] = mapped_column(ARRAY(Text))
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    drafted_by: Mapped[str]
    drafted_on: Mapped[date]
    opened_by: Mapped[str | None]
    opened_on: Mapped[date | None]
    closed_by: Mapped[str | None]
    closed_on: Mapped[date | None]
