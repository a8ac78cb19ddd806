"""The table of the city's guidance."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy import CheckConstraint, Index, Numeric, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from services.vouchers.guidance.rules import STATUSES
from shared.db import Aggregate

_STATES: Final = ", ".join(f"'{status}'" for status in STATUSES)


class Guidance(Aggregate, Base):
    """Limits for programmes of a year, by document. NULL: no such limit. The approved one with the latest day counts;
    none of them ever changes once it is approved."""

    __tablename__ = "guidance"
    __table_args__ = (
        UniqueConstraint("no", name="uq_guidance_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint(
            "max_percent > 0 AND max_percent <= 100 AND max_enterprise_quota > 0"
            " AND max_quota_share_percent > 0 AND max_quota_share_percent <= 100",
            name="limits_positive",
        ),
        CheckConstraint(
            "num_nonnulls(max_percent, max_enterprise_quota, max_quota_share_percent) > 0"
            " OR cardinality(recommended_categories) > 0 OR NOT first_voucher_free_allowed",
            name="limits_some",
        ),
        CheckConstraint("status NOT IN ('approved', 'refused') OR decided_by <> drafted_by", name="four_eyes"),
        CheckConstraint(
            "num_nulls(decided_by, decided_on) = CASE status WHEN 'draft' THEN 2 ELSE 0 END", name="decided_whole"
        ),
        CheckConstraint("(status <> 'approved') OR effective_from >= decided_on", name="approved_with_day"),
        CheckConstraint("(status = 'refused') = (refusal IS NOT NULL)", name="refused_with_reason"),
        CheckConstraint("decided_on >= drafted_on", name="dates_forward"),
        Index(
            "uq_guidance_year_effective_from",
            "year",
            "effective_from",
            unique=True,
            postgresql_where="status = 'approved'",
        ),
        Index("uq_guidance_year_draft", "year", unique=True, postgresql_where="status = 'draft'"),
    )

    no: Mapped[str]
    year: Mapped[int]
    """Of the programmes it is for."""
    status: Mapped[str]
    edition: Mapped[str]
    document_no: Mapped[str]
    max_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    max_enterprise_quota: Mapped[Decimal | None]
    max_quota_share_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    """The most of a programme's budget that its quota lets one enterprise have."""
    first_voucher_free_allowed: Mapped[bool]
    recommended_categories: Mapped[list[str]] = mapped_column(ARRAY(Text))
    effective_from: Mapped[date | None]
    drafted_by: Mapped[str]
    drafted_on: Mapped[date]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    refusal: Mapped[str | None]
