"""The table of centres."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, Index, Numeric, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.centres.rules import STATUSES
from shared.db import Aggregate

_STATES = ", ".join(f"'{status}'" for status in STATUSES)
_AREA = Numeric(10, 2)


class Centre(Aggregate, Base):
    """A centre and its application to be listed. `edition` is pinned by the first submission; the row keeps who took
    which step, so that four eyes can be checked by the database too."""

    __tablename__ = "centre"
    __table_args__ = (
        UniqueConstraint("no", name="uq_centre_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("total_area_m2 > 0 AND incubation_area_m2 > 0", name="areas_positive"),
        CheckConstraint("incubation_area_m2 <= total_area_m2", name="incubation_area_within_total"),
        CheckConstraint("cardinality(service_kinds) > 0", name="service_kinds_some"),
        CheckConstraint("status = 'draft' OR status = 'delisted' OR edition IS NOT NULL", name="edition_pinned"),
        CheckConstraint(
            "status <> 'listed' OR num_nulls(listed_on, document_no, reviewed_by, decided_by) = 0",
            name="listed_by_decision",
        ),
        CheckConstraint("decided_by <> reviewed_by AND decided_by <> submitted_by", name="four_eyes"),
        CheckConstraint("listed_on >= applied_on", name="listed_after_application"),
        CheckConstraint("status NOT IN ('returned', 'rejected') OR reason_code IS NOT NULL", name="ended_with_reason"),
        CheckConstraint(
            "(status = 'delisted') = (delisting_case_id IS NOT NULL) AND"
            " (status = 'delisted') = (delisted_on IS NOT NULL)",
            name="delisted_by_case",
        ),
        Index("ix_centre_operator_code", "operator_code", "id"),
        Index("ix_centre_status", "status", "id"),
        Index("ix_centre_owner_division", "owner_division", "id"),
        Index("ix_centre_site_division", "site_division", "id"),
        Index("ix_centre_name", "name", "id"),
        Index("ix_centre_refused_case_id", "refused_case_id", postgresql_where=text("refused_case_id IS NOT NULL")),
    )

    no: Mapped[str]
    name: Mapped[str]
    operator_code: Mapped[str]
    operator_name: Mapped[str]
    status: Mapped[str]
    service_kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    tier: Mapped[str]
    designation: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    owner_division: Mapped[str]
    site_division: Mapped[str]
    enclave: Mapped[bool]
    total_area_m2: Mapped[Decimal] = mapped_column(_AREA)
    incubation_area_m2: Mapped[Decimal] = mapped_column(_AREA)
    industry_code: Mapped[str | None]

    edition: Mapped[str | None]
    decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    registered_by: Mapped[str]
    submitted_by: Mapped[str | None]
    applied_on: Mapped[date | None]
    reviewed_by: Mapped[str | None]
    reviewed_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    document_no: Mapped[str | None]
    reason_code: Mapped[str | None]
    listed_on: Mapped[date | None]
    delisted_on: Mapped[date | None]
    delisting_case_id: Mapped[UUID | None]
    refused_case_id: Mapped[UUID | None]
    """The delisting case whose ban ended this centre's own application."""
