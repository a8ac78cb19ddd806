"""The table of providers."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from services.vouchers.providers.rules import STATUSES
from shared.db import Aggregate

_STATES = ", ".join(f"'{status}'" for status in STATUSES)


class Provider(Aggregate, Base):
    """A service provider, or its application. A refused one may apply again, hence one live row a code."""

    __tablename__ = "provider"
    __table_args__ = (
        UniqueConstraint("no", name="uq_provider_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("cardinality(categories) > 0", name="categories_some"),
        CheckConstraint(
            "status <> 'admitted' OR num_nulls(reviewed_by, decided_by, admitted_on) = 0", name="admitted_by_decision"
        ),
        CheckConstraint(
            "status <> 'refused' OR num_nulls(decided_by, decided_on, reason_code) = 0", name="refused_with_reason"
        ),
        CheckConstraint(
            "status <> 'admitted' OR (decided_by <> reviewed_by AND decided_by <> applied_by)", name="four_eyes"
        ),
        CheckConstraint(
            "status <> 'admitted' OR legal_representative_ref IS NOT NULL", name="admitted_with_representative"
        ),
        CheckConstraint(
            "reviewed_on >= applied_on AND decided_on >= coalesce(reviewed_on, applied_on)", name="dates_forward"
        ),
        Index("uq_provider_code_live", "code", unique=True, postgresql_where="status <> 'refused'"),
        Index("ix_provider_status", "status", "id"),
    )

    no: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    status: Mapped[str]
    categories: Mapped[list[str]] = mapped_column(ARRAY(Text))
    legal_representative_ref: Mapped[str | None]
    applied_by: Mapped[str]
    applied_on: Mapped[date]
    reviewed_by: Mapped[str | None]
    reviewed_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    admitted_on: Mapped[date | None]
    reason_code: Mapped[str | None]
