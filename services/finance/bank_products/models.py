"""A bank's product and its dated terms (3.3-1). Days of approved terms never overlap."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.bank_products import states
from services.finance.banks import states as change_states
from services.finance.banks.models import listed
from services.finance.base import Base
from shared.db import Aggregate


class BankProduct(Aggregate, Base):
    """A product under its code; `revision` counts what was ever proposed for it."""

    __tablename__ = "bank_product"
    __table_args__ = (
        UniqueConstraint("code", name="uq_bank_product_code"),
        CheckConstraint(f"status IN ({listed(states.STATES)})", name="status_known"),
        CheckConstraint("(status = 'withdrawn') = (withdrawn_on IS NOT NULL)", name="withdrawn_on_a_day"),
        Index("ix_bank_product_bank", "bank"),
    )

    code: Mapped[str]
    bank: Mapped[str]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    status: Mapped[str]
    revision: Mapped[int] = mapped_column(SmallInteger)
    withdrawn_on: Mapped[date | None]
    """The first day without it."""
    reason_code: Mapped[str | None]


_TERMS = (
    "num_nulls(minimum_amount, limit_amount, longest_months, minimum_age_months, collaterals, channels, required_data,"
    " sizes, industries, tax_grades)"
)


class BankProductTerms(Base):
    """What was proposed for a product from a day on, and what a second person made of it. Once decided only
    `valid_until` is set, when other terms follow; it is the last day."""

    __tablename__ = "bank_product_terms"
    __table_args__ = (
        ExcludeConstraint(
            ("product_id", "="),
            (func.daterange(literal_column("valid_from"), literal_column("valid_until"), literal_column("'[]'")), "&&"),
            name="ex_bank_product_terms_days",
            using="gist",
            where=text("status = 'approved' AND kind = 'terms'"),
        ),
        CheckConstraint(f"status IN ({listed(change_states.CHANGES)})", name="status_known"),
        CheckConstraint(f"kind IN ({listed(states.KINDS)})", name="kind_known"),
        CheckConstraint("decided_by <> recorded_by", name="decider_is_another"),
        CheckConstraint(
            "num_nulls(decided_by, decided_on) = CASE status WHEN 'recorded' THEN 2 ELSE 0 END", name="decided_whole"
        ),
        CheckConstraint("(status = 'refused') = (reason_code IS NOT NULL)", name="refused_with_reason"),
        CheckConstraint(f"{_TERMS} = CASE kind WHEN 'terms' THEN 0 ELSE 10 END", name="terms_whole"),
        CheckConstraint("minimum_amount >= 0 AND limit_amount > 0 AND minimum_amount <= limit_amount", name="amounts"),
        CheckConstraint("rate_from >= 0 AND rate_to >= rate_from", name="rates_in_order"),
        CheckConstraint("longest_months > 0 AND minimum_age_months >= 0", name="months_positive"),
        CheckConstraint("valid_until >= valid_from", name="days_forward"),
        Index("uq_bank_product_terms_open", "product_id", unique=True, postgresql_where="status = 'recorded'"),
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("bank_product.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    kind: Mapped[str]
    status: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    minimum_amount: Mapped[Decimal | None]
    limit_amount: Mapped[Decimal | None]
    rate_from: Mapped[Decimal | None] = mapped_column(Numeric(7, 4))
    rate_to: Mapped[Decimal | None] = mapped_column(Numeric(7, 4))
    """Percent a year; None where the bank sets it case by case."""
    longest_months: Mapped[int | None]
    collaterals: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    channels: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    required_data: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    sizes: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    industries: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    tax_grades: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    minimum_age_months: Mapped[int | None]
    document_no: Mapped[str | None]
    """The bank's paper that the terms are taken from; None for the opening terms that no bank has confirmed yet."""
    recorded_by: Mapped[str]
    recorded_on: Mapped[date]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    reason_code: Mapped[str | None]
