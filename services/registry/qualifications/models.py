"""The table of municipal titles."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.qualifications.rules import STATUSES
from shared.db import Aggregate

_STATES = ", ".join(f"'{status}'" for status in STATUSES)

ONE_ACTIVE: Final = "uq_qualification_one_active"


class Qualification(Aggregate, Base):
    """A title from its application on: the application is the title's first stage and has its id."""

    __tablename__ = "qualification"
    __table_args__ = (
        UniqueConstraint("no", name="uq_qualification_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint(
            "status NOT IN ('active', 'suspended') OR num_nulls(granted_on, document_no, reviewed_by, decided_by) = 0",
            name="granted_by_decision",
        ),
        CheckConstraint("decided_by <> reviewed_by AND decided_by <> applied_by", name="four_eyes"),
        CheckConstraint("revocation_decided_by <> revocation_proposed_by", name="revocation_four_eyes"),
        CheckConstraint("granted_on >= applied_on", name="granted_after_application"),
        CheckConstraint("(status = 'revoked') = (revoked_on IS NOT NULL)", name="revoked_on_a_day"),
        CheckConstraint("status NOT IN ('refused', 'revoked') OR reason_code IS NOT NULL", name="ended_with_reason"),
        Index(
            ONE_ACTIVE,
            "centre_id",
            "kind",
            "level",
            unique=True,
            postgresql_where=text("status IN ('active', 'suspended')"),
        ),
        Index("ix_qualification_centre_id", "centre_id", "id"),
        Index("ix_qualification_operator_code", "operator_code", "id"),
        Index("ix_qualification_case_id", "case_id", postgresql_where=text("case_id IS NOT NULL")),
    )

    no: Mapped[str]
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    operator_code: Mapped[str]
    """The centre's operator on the day of application."""
    kind: Mapped[str]
    level: Mapped[str]
    status: Mapped[str]
    edition: Mapped[str]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    applied_by: Mapped[str]
    applied_on: Mapped[date]
    reviewed_by: Mapped[str | None]
    reviewed_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    document_no: Mapped[str | None]
    granted_on: Mapped[date | None]
    revoked_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    revocation_proposed_by: Mapped[str | None]
    revocation_proposed_on: Mapped[date | None]
    revocation_decided_by: Mapped[str | None]
    revocation_document_no: Mapped[str | None]
    case_id: Mapped[UUID | None]
    """The delisting case that revoked the title or ended its application."""
