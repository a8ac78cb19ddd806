"""The table of changes of operator."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.operators.rules import OPEN, STATUSES
from shared.db import Aggregate

ONE_OPEN = "uq_operator_change_one_open"

_STATES = ", ".join(f"'{status}'" for status in STATUSES)
_OPEN = ", ".join(f"'{status}'" for status in OPEN)


class OperatorChange(Aggregate, Base):
    """One operator hands a centre over to another. The approved ones of a centre are its dated history: each names whom
    it took over from and its first day, so that two can neither overlap nor leave a gap."""

    __tablename__ = "operator_change"
    __table_args__ = (
        UniqueConstraint("no", name="uq_operator_change_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("to_code <> from_code", name="another_operator"),
        CheckConstraint("to_code ~ '^[0-9A-Z]{18}$'", name="to_code_form"),
        CheckConstraint(
            "decided_by <> reviewed_by AND decided_by <> applied_by AND reviewed_by <> applied_by", name="four_eyes"
        ),
        CheckConstraint(
            "status <> 'approved' OR num_nulls(takes_over_on, document_no, reviewed_by, decided_by) = 0",
            name="approved_by_decision",
        ),
        CheckConstraint("(status = 'approved') = (takes_over_on IS NOT NULL)", name="takes_over_when_approved"),
        CheckConstraint("status <> 'refused' OR refusal_code IS NOT NULL", name="refused_with_reason"),
        CheckConstraint("takes_over_on >= applied_on", name="takes_over_after_application"),
        Index(ONE_OPEN, "centre_id", unique=True, postgresql_where=text(f"status IN ({_OPEN})")),
        Index(
            "uq_operator_change_one_a_day",
            "centre_id",
            "takes_over_on",
            unique=True,
            postgresql_where=text("status = 'approved'"),
        ),
        Index("ix_operator_change_centre_id", "centre_id", "id"),
        Index("ix_operator_change_to_code", "to_code", "id"),
        Index(
            "ix_operator_change_refused_case_id",
            "refused_case_id",
            postgresql_where=text("refused_case_id IS NOT NULL"),
        ),
    )

    no: Mapped[str]
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    status: Mapped[str]
    from_code: Mapped[str]
    from_name: Mapped[str]
    from_since: Mapped[date | None]
    """First day of the operator that hands over; None for the centre's first one."""
    to_code: Mapped[str]
    to_name: Mapped[str]
    ownership_type: Mapped[str | None]
    reason_code: Mapped[str]
    agreement_no: Mapped[str]
    edition: Mapped[str]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    applied_by: Mapped[str]
    applied_on: Mapped[date]
    reviewed_by: Mapped[str | None]
    reviewed_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    takes_over_on: Mapped[date | None]
    document_no: Mapped[str | None]
    refusal_code: Mapped[str | None]
    refused_case_id: Mapped[UUID | None]
    """The delisting case that ended it."""
