"""The table of the graduate platform."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.graduate_platform.rules import STAGES, STATUSES
from shared.db import Aggregate

_STATES = ", ".join(f"'{status}'" for status in STATUSES)
_STAGES = ", ".join(f"'{stage}'" for stage in STAGES)


class PlatformService(Aggregate, Base):
    """One stage of one product. A record is never rewritten: the one that `corrects_id` names is `corrected`."""

    __tablename__ = "platform_service"
    __table_args__ = (
        UniqueConstraint("no", name="uq_platform_service_no"),
        UniqueConstraint("corrects_id", name="uq_platform_service_corrects_id"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint(f"stage IN ({_STAGES})", name="stage_known"),
        CheckConstraint("num_nonnulls(project_id, enterprise_id) = 1", name="one_subject"),
        CheckConstraint("num_nonnulls(centre_id, partner_id, provider_code) > 0", name="given_by_somebody"),
        CheckConstraint("(provider_code IS NULL) = (provider_name IS NULL)", name="provider_named"),
        CheckConstraint("stage = 'trial' OR line_id <> id", name="begins_with_a_trial"),
        CheckConstraint("ended_on >= started_on", name="period_forward"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("corrects_id <> id", name="corrects_another"),
        CheckConstraint("answered_by <> recorded_by", name="answered_by_another"),
        CheckConstraint(
            "status NOT IN ('confirmed', 'contested') OR num_nulls(answered_by, answered_on) = 0",
            name="answered_by_somebody",
        ),
        CheckConstraint("answered_on >= started_on", name="answered_after_it_began"),
        CheckConstraint("status <> 'contested' OR reason_code IS NOT NULL", name="contested_with_reason"),
        Index("ix_platform_service_line_id", "line_id", "id"),
        Index("ix_platform_service_project_id", "project_id", "id"),
        Index("ix_platform_service_enterprise_id", "enterprise_id", "id"),
        Index("ix_platform_service_centre_id", "centre_id", "id"),
        Index("ix_platform_service_partner_id", "partner_id"),
        Index("ix_platform_service_started_on", "started_on", "id", postgresql_where=text("status = 'confirmed'")),
    )

    no: Mapped[str]
    line_id: Mapped[UUID] = mapped_column(ForeignKey("platform_service.id"))
    """The first record of the product; its own id for that one."""
    stage: Mapped[str]
    kind: Mapped[str]
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id"))
    enterprise_id: Mapped[UUID | None] = mapped_column(ForeignKey("enterprise.id"))
    centre_id: Mapped[UUID | None] = mapped_column(ForeignKey("centre.id"))
    partner_id: Mapped[UUID | None] = mapped_column(ForeignKey("partner.id"))
    provider_code: Mapped[str | None]
    provider_name: Mapped[str | None]
    product: Mapped[str]
    started_on: Mapped[date]
    ended_on: Mapped[date | None]
    document_no: Mapped[str | None]
    """Of the contract, or of the report of a trial."""
    amount: Mapped[Decimal | None]
    """Of the contract, in yuan."""
    status: Mapped[str]
    edition: Mapped[str]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    recorded_by: Mapped[str]
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("platform_service.id"))
    answered_by: Mapped[str | None]
    answered_on: Mapped[date | None]
    reason_code: Mapped[str | None]
