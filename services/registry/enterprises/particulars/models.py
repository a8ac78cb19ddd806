"""The tables of the growth file, the technology flags and the permits."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from shared.clock import utcnow
from shared.ids import uuid7

UNIQUE_CERTIFICATE: Final = "uq_technology_flag_certificate"


class EnterpriseYear(Base):
    """4.2-1: one year of an enterprise. Amounts are yuan, counts those of the year's last day."""

    __tablename__ = "enterprise_year"
    __table_args__ = (
        UniqueConstraint("enterprise_id", "year", name="uq_enterprise_year_enterprise_id_year"),
        CheckConstraint("year BETWEEN 2000 AND 2100", name="year_possible"),
        CheckConstraint("least(revenue, assets, tax_paid) >= 0", name="amounts_not_negative"),
        CheckConstraint(
            "least(staff, insured_jobs, patents, software_copyrights, trademarks, other_ip) >= 0",
            name="counts_not_negative",
        ),
        CheckConstraint("insured_jobs <= staff", name="insured_among_staff"),
        CheckConstraint("size_class IN ('large', 'medium', 'small', 'micro')", name="size_class_known"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    year: Mapped[int]
    revenue: Mapped[Decimal]
    assets: Mapped[Decimal | None]
    tax_paid: Mapped[Decimal]
    staff: Mapped[int]
    insured_jobs: Mapped[int]
    patents: Mapped[int]
    software_copyrights: Mapped[int]
    trademarks: Mapped[int]
    other_ip: Mapped[int]
    """Works, 非遗 and 地理标志 among them."""
    size_class: Mapped[str | None]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(default=utcnow, server_default=func.now())


class TechnologyFlagRow(Base):
    """4.2-2: a recognition as a technology enterprise, by its certificate, valid on `issued_on` through
    `valid_through` unless it was withdrawn before."""

    __tablename__ = "technology_flag"
    __table_args__ = (
        Index(
            UNIQUE_CERTIFICATE,
            "kind",
            "certificate_no",
            unique=True,
            postgresql_where=text("withdrawn_on IS NULL"),
        ),
        Index("ix_technology_flag_enterprise_id", "enterprise_id"),
        CheckConstraint("valid_through >= issued_on", name="period_forward"),
        CheckConstraint("withdrawn_on >= issued_on", name="withdrawn_after_issue"),
        CheckConstraint("(withdrawn_on IS NULL) = (withdrawal_document_no IS NULL)", name="withdrawn_with_document"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    kind: Mapped[str]
    certificate_no: Mapped[str]
    issued_on: Mapped[date]
    valid_through: Mapped[date]
    evidence: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    recorded_by: Mapped[str]
    withdrawn_on: Mapped[date | None]
    """First day on which it counts no more."""
    withdrawal_document_no: Mapped[str | None]
    withdrawn_by: Mapped[str | None]


class Permit(Base):
    """2.2-1, 先照后证: a permit that has to follow the licence; flagged until somebody has seen it."""

    __tablename__ = "enterprise_permit"
    __table_args__ = (
        Index(
            "uq_enterprise_permit_unseen",
            "enterprise_id",
            "name",
            unique=True,
            postgresql_where=text("seen_on IS NULL"),
        ),
        Index("ix_enterprise_permit_enterprise_id", "enterprise_id"),
        CheckConstraint("num_nonnulls(seen_on, seen_by, document_no) IN (0, 3)", name="seen_with_document"),
        CheckConstraint("valid_through >= seen_on", name="valid_when_seen"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    name: Mapped[str]
    authority: Mapped[str]
    required_on: Mapped[date]
    recorded_by: Mapped[str]
    seen_on: Mapped[date | None]
    seen_by: Mapped[str | None]
    document_no: Mapped[str | None]
    valid_through: Mapped[date | None]
