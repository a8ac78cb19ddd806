"""The table of changes of profile."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.profile_changes.rules import OPEN, STATUSES
from shared.db import Aggregate

ONE_OPEN = "uq_profile_change_one_open"

_STATES = ", ".join(f"'{status}'" for status in STATUSES)
_OPEN = ", ".join(f"'{status}'" for status in OPEN)


class ProfileChange(Aggregate, Base):
    """A centre on the list asks for other values of its profile. The approved ones are its dated history: each has the
    values it brought (`changes`), those it replaced (`earlier`), and its first day."""

    __tablename__ = "profile_change"
    __table_args__ = (
        UniqueConstraint("no", name="uq_profile_change_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("changes <> '{}'", name="changes_something"),
        CheckConstraint(
            "decided_by <> reviewed_by AND decided_by <> applied_by AND reviewed_by <> applied_by", name="four_eyes"
        ),
        CheckConstraint(
            "decided_by <> resubmitted_by AND reviewed_by <> resubmitted_by", name="four_eyes_on_correction"
        ),
        CheckConstraint(
            "status <> 'approved' OR num_nulls(effective_on, document_no, earlier, reviewed_by, decided_by) = 0",
            name="approved_by_decision",
        ),
        CheckConstraint("(status = 'approved') = (effective_on IS NOT NULL)", name="effective_when_approved"),
        CheckConstraint("status <> 'returned' OR return_code IS NOT NULL", name="returned_with_reason"),
        CheckConstraint("status <> 'refused' OR refusal_code IS NOT NULL", name="refused_with_reason"),
        CheckConstraint("effective_on >= applied_on", name="effective_after_application"),
        Index(ONE_OPEN, "centre_id", unique=True, postgresql_where=text(f"status IN ({_OPEN})")),
        Index("ix_profile_change_centre_id", "centre_id", "id"),
        Index(
            "ix_profile_change_refused_case_id",
            "refused_case_id",
            postgresql_where=text("refused_case_id IS NOT NULL"),
        ),
    )

    no: Mapped[str]
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    status: Mapped[str]
    changes: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    earlier: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    reason_code: Mapped[str]
    edition: Mapped[str]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    applied_by: Mapped[str]
    applied_on: Mapped[date]
    returned_on: Mapped[date | None]
    return_code: Mapped[str | None]
    resubmitted_by: Mapped[str | None]
    resubmitted_on: Mapped[date | None]
    reviewed_by: Mapped[str | None]
    reviewed_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    effective_on: Mapped[date | None]
    document_no: Mapped[str | None]
    refusal_code: Mapped[str | None]
    refused_case_id: Mapped[UUID | None]
    """The delisting case that ended it."""
