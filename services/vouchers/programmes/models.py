"""The table of programmes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from services.vouchers.programmes.rules import STATUSES
from shared.db import Aggregate

TERMS: Final = (
    "budget",
    "subsidy_percent",
    "enterprise_quota",
    "valid_months",
    "startup_months",
    "categories",
    "category_terms",
    "first_voucher_free",
    "eligible_sizes",
)
"""What a programme's terms are, by the columns of both tables."""

_STATES = ", ".join(f"'{status}'" for status in STATUSES)


class Programme(Aggregate, Base):
    """One issuer's programme of one kind and year, with the terms it was drafted on. Once it is open, `ProgrammeTerms`
    tells what holds on a day; vouchers carry a copy."""

    __tablename__ = "programme"
    __table_args__ = (
        UniqueConstraint("no", name="uq_programme_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("budget > 0 AND enterprise_quota > 0", name="amounts_positive"),
        CheckConstraint("subsidy_percent > 0 AND subsidy_percent <= 100", name="subsidy_percent_is_share"),
        CheckConstraint("valid_months > 0 AND startup_months > 0", name="months_positive"),
        CheckConstraint("cardinality(categories) > 0", name="categories_some"),
        CheckConstraint("cardinality(eligible_sizes) > 0", name="eligible_sizes_some"),
        CheckConstraint(
            "unissued_at_close >= 0 AND (unissued_at_close IS NULL OR status = 'closed')", name="unissued_at_close"
        ),
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
    category_terms: Mapped[dict[str, JsonValue]] = mapped_column(JSONB, server_default="{}", default=dict)
    """By category what differs there: `{"percent": "40.00" or null, "cap": "5000.00" or null}`."""
    first_voucher_free: Mapped[bool] = mapped_column(server_default="false", default=False)
    eligible_sizes: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    opening_decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB)
    """What the rules said on the day of opening."""
    drafted_by: Mapped[str]
    drafted_on: Mapped[date]
    opened_by: Mapped[str | None]
    opened_on: Mapped[date | None]
    closed_by: Mapped[str | None]
    closed_on: Mapped[date | None]
    unissued_at_close: Mapped[Decimal | None]
    """Yuan of the budget that no voucher had taken when it closed; they go back to the issuer."""


class ProgrammeTerms(Base):
    """What a programme's terms are from a day on, until the next row's day. Nothing of a row ever changes."""

    __tablename__ = "programme_terms"
    __table_args__ = (
        UniqueConstraint("amendment_id", name="uq_programme_terms_amendment_id"),
        CheckConstraint("budget > 0 AND enterprise_quota > 0", name="amounts_positive"),
        CheckConstraint("subsidy_percent > 0 AND subsidy_percent <= 100", name="subsidy_percent_is_share"),
        CheckConstraint("valid_months > 0 AND startup_months > 0", name="months_positive"),
        CheckConstraint("cardinality(categories) > 0", name="categories_some"),
        CheckConstraint("cardinality(eligible_sizes) > 0", name="eligible_sizes_some"),
    )

    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programme.id"), primary_key=True)
    effective_from: Mapped[date] = mapped_column(primary_key=True)
    amendment_id: Mapped[UUID | None]
    """NULL for the terms that the programme was opened on."""
    budget: Mapped[Decimal]
    subsidy_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    enterprise_quota: Mapped[Decimal]
    valid_months: Mapped[int]
    startup_months: Mapped[int]
    categories: Mapped[list[str]] = mapped_column(ARRAY(Text))
    category_terms: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    first_voucher_free: Mapped[bool]
    eligible_sizes: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
