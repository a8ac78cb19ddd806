"""The table of projects."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.names.models import Named, name_index, order_index
from shared.db import Aggregate

STATUSES = ("open", "registered", "closed")


class Project(Named, Aggregate, Base):
    """A project or team without a code. Once it has registered, `enterprise_id` is the enterprise that goes on."""

    __tablename__ = "project"
    __table_args__ = (
        UniqueConstraint("no", name="uq_project_no"),
        CheckConstraint("status IN ('open', 'registered', 'closed')", name="status_known"),
        CheckConstraint("industry_code ~ '^[A-T][0-9]{4}$'", name="industry_code_form"),
        CheckConstraint("team_size > 0", name="team_of_somebody"),
        CheckConstraint(
            "(status = 'registered') = (enterprise_id IS NOT NULL)"
            " AND (enterprise_id IS NULL) = (registered_on IS NULL)",
            name="registered_under_an_enterprise",
        ),
        CheckConstraint("(status = 'closed') = (reason_code IS NOT NULL)", name="closed_with_reason"),
        CheckConstraint("(status = 'closed') = (closed_on IS NOT NULL)", name="closed_on_a_day"),
        Index("ix_project_enterprise_id", "enterprise_id"),
        Index("ix_project_founder_ref", "founder_ref"),
        Index("ix_project_created_by_org", "created_by_org"),
        Index("ix_project_division", "division", "id"),
        Index("ix_project_started_on", "started_on", "id"),
        order_index("project"),
        name_index("project"),
    )

    no: Mapped[str]
    status: Mapped[str]
    industry_code: Mapped[str]
    division: Mapped[str]
    started_on: Mapped[date]
    team_size: Mapped[int]
    graduate_founder: Mapped[bool]
    founder_ref: Mapped[str | None]
    created_by: Mapped[str]
    created_by_org: Mapped[str | None]
    """The operator that entered it, which may see it before the first tenancy."""
    enterprise_id: Mapped[UUID | None] = mapped_column(ForeignKey("enterprise.id"))
    registered_on: Mapped[date | None]
    """The day on which it went on under a code."""
    closed_on: Mapped[date | None]
    reason_code: Mapped[str | None]
