"""The tables of titles, and of the measures taken on those in force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.qualifications.rules import MEASURES, PENDING, STATUSES
from shared.db import Aggregate
from shared.ids import uuid7

_STATES = ", ".join(f"'{status}'" for status in STATUSES)
_PENDING = ", ".join(f"'{status}'" for status in PENDING)
_MEASURES = ", ".join(f"'{kind}'" for kind in MEASURES)

ONE_ACTIVE: Final = "uq_qualification_one_active"
ONE_PENDING: Final = "uq_qualification_one_pending"
ONE_PLAQUE: Final = "uq_qualification_plaque_no"
ONE_PROPOSED: Final = "uq_title_measure_one_proposed"


def _operator_of(context: DefaultExecutionContext) -> object:
    values: Mapping[str, object] = context.get_current_parameters()  # type: ignore[no-untyped-call]  # SQLAlchemy's own
    return values["operator_code"]


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
        CheckConstraint("decided_by <> announced_by", name="announced_by_another"),
        CheckConstraint("revocation_decided_by <> revocation_proposed_by", name="revocation_four_eyes"),
        CheckConstraint("granted_on >= applied_on", name="granted_after_application"),
        CheckConstraint("(status = 'revoked') = (revoked_on IS NOT NULL)", name="revoked_on_a_day"),
        CheckConstraint("status NOT IN ('refused', 'revoked') OR reason_code IS NOT NULL", name="ended_with_reason"),
        CheckConstraint("expires_on > granted_on", name="term_forward"),
        CheckConstraint("status <> 'expired' OR expires_on IS NOT NULL", name="expired_on_a_day"),
        CheckConstraint("plaque_due_on IS NULL OR status IN ('revoked', 'expired')", name="plaque_due_once_ended"),
        CheckConstraint("num_nulls(plaque_returned_on, plaque_recorded_by) IN (0, 2)", name="plaque_return_whole"),
        CheckConstraint(
            "plaque_returned_on IS NULL OR (plaque_no IS NOT NULL AND status IN ('revoked', 'expired'))",
            name="plaque_returned_once_ended",
        ),
        Index(
            ONE_ACTIVE,
            "centre_id",
            "kind",
            "level",
            unique=True,
            postgresql_where=text("status IN ('active', 'suspended')"),
        ),
        Index(
            ONE_PENDING,
            "centre_id",
            "kind",
            "level",
            unique=True,
            postgresql_where=text(f"status IN ({_PENDING}) AND NOT beside_another"),
        ),
        Index("ix_qualification_applicant_code", "applicant_code", "id"),
        Index(ONE_PLAQUE, "plaque_no", unique=True),
        Index("ix_qualification_centre_id", "centre_id", "id"),
        Index("ix_qualification_operator_code", "operator_code", "id"),
        Index("ix_qualification_case_id", "case_id", postgresql_where=text("case_id IS NOT NULL")),
        Index(
            "ix_qualification_plaque_due_on", "plaque_due_on", "id", postgresql_where=text("plaque_returned_on IS NULL")
        ),
        Index(
            "ix_qualification_expires_on",
            "expires_on",
            postgresql_where=text("status IN ('active', 'suspended') AND expires_on IS NOT NULL"),
        ),
    )

    no: Mapped[str]
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    operator_code: Mapped[str]
    """Who holds it: the centre's operator, also after a takeover; what has ended keeps its last one."""
    applicant_code: Mapped[str] = mapped_column(default=_operator_of, nullable=True)
    """The centre's operator on the day of application."""
    beside_another: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Was open beside another application for the same title before that was refused."""
    kind: Mapped[str]
    level: Mapped[str]
    status: Mapped[str]
    edition: Mapped[str]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    applied_by: Mapped[str]
    applied_on: Mapped[date]
    reviewed_by: Mapped[str | None]
    reviewed_on: Mapped[date | None]
    announced_by: Mapped[str | None]
    announced_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    issuer: Mapped[str | None]
    """Who granted a title above the municipal level."""
    document_no: Mapped[str | None]
    granted_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    """Its last day; None where it runs without end."""
    revoked_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    revocation_proposed_by: Mapped[str | None]
    revocation_proposed_on: Mapped[date | None]
    revocation_decided_by: Mapped[str | None]
    revocation_document_no: Mapped[str | None]
    case_id: Mapped[UUID | None]
    """The delisting case that revoked the title or ended its application."""
    plaque_no: Mapped[str | None]
    """Of the plaque that the city issued with the grant; of titles from before, as an officer recorded it."""
    plaque_due_on: Mapped[date | None]
    plaque_returned_on: Mapped[date | None]
    plaque_recorded_by: Mapped[str | None]


class TitleMeasure(Base):
    """A suspension, resumption or renewal: proposed by one person, decided by another."""

    __tablename__ = "title_measure"
    __table_args__ = (
        CheckConstraint(f"kind IN ({_MEASURES})", name="kind_known"),
        CheckConstraint("status IN ('proposed', 'decided', 'declined')", name="status_known"),
        CheckConstraint("decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint("decided_on >= proposed_on", name="decided_after_proposal"),
        CheckConstraint(
            "(status = 'proposed') = (decided_by IS NULL) AND num_nulls(decided_by, decided_on) IN (0, 2)",
            name="decided_whole",
        ),
        CheckConstraint("status <> 'decided' OR document_no IS NOT NULL", name="decided_by_document"),
        Index("ix_title_measure_qualification_id", "qualification_id", "id"),
        Index(ONE_PROPOSED, "qualification_id", unique=True, postgresql_where=text("status = 'proposed'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    qualification_id: Mapped[UUID] = mapped_column(ForeignKey("qualification.id"))
    kind: Mapped[str]
    status: Mapped[str]
    reason_code: Mapped[str | None]
    proposed_by: Mapped[str]
    proposed_on: Mapped[date]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    document_no: Mapped[str | None]
