"""The tables of tiers: which one held when, what was applied for, and what was designated."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Uuid

from services.registry.base import Base
from services.registry.tiers.rules import DESIGNATION_STATUSES, PENDING, STATUSES
from shared.db import Aggregate
from shared.ids import uuid7

_STATES = ", ".join(f"'{status}'" for status in STATUSES)
_OPEN = ", ".join(f"'{status}'" for status in PENDING)
_DESIGNATION_STATES = ", ".join(f"'{status}'" for status in DESIGNATION_STATUSES)

ONE_PENDING: Final = "uq_tier_application_one_pending"
ONE_RECORDED: Final = "uq_designation_one_recorded"


class TierPeriod(Base):
    """One tier of a centre from `from_on` through `until_on`, or until further notice.

    Periods neither overlap nor leave a gap: one that does not begin with a listing names the last day of the one
    before, which must exist. Written with the centre locked.
    """

    __tablename__ = "tier_period"
    __table_args__ = (
        UniqueConstraint("centre_id", "until_on", name="uq_tier_period_until_on"),
        ForeignKeyConstraint(
            ["centre_id", "follows_on"],
            ["tier_period.centre_id", "tier_period.until_on"],
            name="fk_tier_period_follows_on",
        ),
        CheckConstraint("until_on >= from_on", name="period_forward"),
        CheckConstraint("basis IN ('listing', 'application', 'designation', 'designation_end')", name="basis_known"),
        CheckConstraint("(basis = 'listing') = (follows_on IS NULL)", name="listing_begins"),
        CheckConstraint("from_on = follows_on + 1", name="no_gap"),
        CheckConstraint("(basis = 'listing') = (source_id IS NULL)", name="basis_named"),
        ExcludeConstraint(
            ("centre_id", "="),
            (text("daterange(from_on, until_on, '[]')"), "&&"),
            using="gist",
            name="ex_tier_period_centre_period",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    tier: Mapped[str]
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    follows_on: Mapped[date | None]
    """The last day of the period before."""
    basis: Mapped[str]
    document_no: Mapped[str | None]
    source_id: Mapped[UUID | None]
    """The application or designation that brought the tier."""


class TierApplication(Aggregate, Base):
    """An application for a tier that the city approves."""

    __tablename__ = "tier_application"
    __table_args__ = (
        UniqueConstraint("no", name="uq_tier_application_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint(
            "status <> 'approved' OR"
            " num_nulls(effective_on, document_no, reviewed_by, announced_on, decided_by, decided_on) = 0",
            name="approved_by_decision",
        ),
        CheckConstraint(
            "decided_by <> reviewed_by AND decided_by <> applied_by AND decided_by <> announced_by", name="four_eyes"
        ),
        CheckConstraint("decided_on >= applied_on", name="decided_after_application"),
        CheckConstraint("status NOT IN ('refused', 'withdrawn') OR reason_code IS NOT NULL", name="ended_with_reason"),
        Index(ONE_PENDING, "centre_id", "tier", unique=True, postgresql_where=text(f"status IN ({_OPEN})")),
        Index("ix_tier_application_centre_id", "centre_id", "id"),
        Index("ix_tier_application_operator_code", "operator_code", "id"),
        Index("ix_tier_application_case_id", "case_id", postgresql_where=text("case_id IS NOT NULL")),
    )

    no: Mapped[str]
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    operator_code: Mapped[str]
    """The centre's operator on the day of application."""
    tier: Mapped[str]
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
    document_no: Mapped[str | None]
    effective_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    case_id: Mapped[UUID | None]
    """The delisting case whose ban ended the application."""


class Designation(Aggregate, Base):
    """A designation from above (2.1-3), recorded by an officer and confirmed by a second person."""

    __tablename__ = "designation"
    __table_args__ = (
        UniqueConstraint("no", name="uq_designation_no"),
        CheckConstraint(f"status IN ({_DESIGNATION_STATES})", name="status_known"),
        CheckConstraint("decided_by <> recorded_by", name="four_eyes"),
        CheckConstraint(
            "status <> 'confirmed' OR num_nulls(effective_on, decided_by, decided_on) = 0", name="confirmed_by_somebody"
        ),
        CheckConstraint("effective_on >= designated_on", name="effective_after_designation"),
        CheckConstraint("valid_until >= designated_on", name="validity_forward"),
        CheckConstraint("status <> 'rejected' OR reason_code IS NOT NULL", name="rejected_with_reason"),
        Index(ONE_RECORDED, "centre_id", unique=True, postgresql_where=text("status = 'recorded'")),
        CheckConstraint("(status = 'ended') = (ended_on IS NOT NULL)", name="ended_on_a_day"),
        CheckConstraint(
            "num_nulls(ends_from, ending_document_no, ending_reason, ending_proposed_by, ending_proposed_on) IN (0, 5)",
            name="ending_whole",
        ),
        CheckConstraint("ending_decided_by <> ending_proposed_by", name="ending_four_eyes"),
        CheckConstraint(
            "(ending_decided_by IS NULL OR (status = 'ended' AND ended_on = ends_from - 1))", name="ending_decided"
        ),
        Index("ix_designation_centre_id", "centre_id", "id"),
        Index(
            "ix_designation_valid_until",
            "valid_until",
            postgresql_where=text("status = 'confirmed' AND valid_until IS NOT NULL"),
        ),
    )

    no: Mapped[str]
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    tier: Mapped[str]
    status: Mapped[str]
    edition: Mapped[str]
    issuer: Mapped[str]
    document_no: Mapped[str]
    designated_on: Mapped[date]
    valid_until: Mapped[date | None]
    partner_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default=text("'{}'"))
    joint_carrier_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default=text("'{}'"))
    recorded_by: Mapped[str]
    recorded_on: Mapped[date]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    effective_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    ended_on: Mapped[date | None]
    """Its last day, once it is over and that is recorded."""
    ends_from: Mapped[date | None]
    """The first day without it, where it ends before its time; proposed only, as long as nobody has decided."""
    ending_document_no: Mapped[str | None]
    ending_reason: Mapped[str | None]
    ending_proposed_by: Mapped[str | None]
    ending_proposed_on: Mapped[date | None]
    ending_decided_by: Mapped[str | None]
