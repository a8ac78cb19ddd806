"""The table of providers."""

from __future__ import annotations

from datetime import date

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from services.vouchers.providers.rules import ENDED, STATUSES
from shared.db import Aggregate

_STATES = ", ".join(f"'{status}'" for status in STATUSES)
_ENDED = ", ".join(f"'{status}'" for status in ENDED)


class Provider(Aggregate, Base):
    """A service provider, or its application. One whose application or admission is over may apply again, hence one
    live row a code. All days are inclusive.

    `licensed_until` is the last day on which all its verified licences are valid; NULL while none of them ends.
    """

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
        CheckConstraint(
            "status NOT IN ('admitted', 'suspended') OR num_nulls(admitted_until, review_due_on) = 0",
            name="standing_with_term",
        ),
        CheckConstraint("admitted_until >= admitted_on", name="term_forward"),
        CheckConstraint("num_nulls(declared_by, declared_on) IN (0, 2)", name="declared_by_somebody"),
        CheckConstraint(
            "(status IN ('expired', 'withdrawn', 'removed')) = (ended_on IS NOT NULL)", name="ended_on_a_day"
        ),
        CheckConstraint(
            "status NOT IN ('withdrawn', 'removed') OR reason_code IS NOT NULL", name="removed_with_reason"
        ),
        CheckConstraint(
            "num_nulls(representative_noted, representative_noted_by) IN (0, 2)", name="representative_noted_whole"
        ),
        CheckConstraint("suspended_until IS NULL OR status = 'suspended'", name="suspended_until_while_suspended"),
        Index("uq_provider_code_live", "code", unique=True, postgresql_where=f"status NOT IN ({_ENDED})"),
        Index("ix_provider_status", "status", "id"),
        Index("ix_provider_code", "code"),
        Index("ix_provider_admitted_until", "admitted_until", postgresql_where="status IN ('admitted', 'suspended')"),
    )

    no: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    status: Mapped[str]
    categories: Mapped[list[str]] = mapped_column(ARRAY(Text))
    legal_representative_ref: Mapped[str | None]
    representative_noted: Mapped[str | None]
    """Another, recorded by one officer of a provider in the register; it counts once a second one records the same."""
    representative_noted_by: Mapped[str | None]
    edition: Mapped[str] = mapped_column(server_default=text("'lhasa-2019'"))
    applied_by: Mapped[str]
    applied_on: Mapped[date]
    declared_by: Mapped[str | None]
    declared_on: Mapped[date | None]
    reviewed_by: Mapped[str | None]
    reviewed_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB)
    admitted_on: Mapped[date | None]
    admitted_until: Mapped[date | None]
    licensed_until: Mapped[date | None]
    review_due_on: Mapped[date | None]
    suspended_until: Mapped[date | None]
    """The last day of a suspension that ends by itself."""
    ended_on: Mapped[date | None]
    reason_code: Mapped[str | None]
