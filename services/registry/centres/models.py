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
from services.registry.centres.rules import STANDING, STATUSES
from services.registry.names.models import Named, name_index, order_index
from shared.db import Aggregate

_STATES = ", ".join(f"'{status}'" for status in STATUSES)
_AREA = Numeric(10, 2)


class Centre(Named, Aggregate, Base):
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
        CheckConstraint("decided_by <> announced_by", name="announced_by_another"),
        CheckConstraint("listed_on >= applied_on", name="listed_after_application"),
        CheckConstraint(
            "status NOT IN ('listed', 'suspended') OR migrated OR"
            " (announced_on IS NOT NULL AND notice_until IS NOT NULL AND listed_on > notice_until)",
            name="listed_after_notice",
        ),
        CheckConstraint("num_nulls(announced_by, announced_on, notice_until) IN (0, 3)", name="announced_whole"),
        CheckConstraint("status <> 'announced' OR announced_on IS NOT NULL", name="announced_on_a_day"),
        CheckConstraint(
            "status <> 'suspended' OR (suspended_on IS NOT NULL AND suspended_on >= listed_on)",
            name="suspended_on_a_day",
        ),
        CheckConstraint(
            "status <> 'withdrawn' OR (withdrawn_on IS NOT NULL AND withdrawn_on >= listed_on)",
            name="withdrawn_on_a_day",
        ),
        CheckConstraint("open_proposal IN ('suspension', 'resumption', 'withdrawal')", name="open_proposal_known"),
        CheckConstraint("centre_space_area(spaces) <= total_area_m2", name="spaces_within_total"),
        CheckConstraint(
            "status NOT IN ('listed', 'suspended') OR migrated OR NOT enclave OR enclave_agreement IS NOT NULL",
            name="enclave_by_agreement",
        ),
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
        order_index("centre"),
        name_index("centre"),
        Index("ix_centre_refused_case_id", "refused_case_id", postgresql_where=text("refused_case_id IS NOT NULL")),
    )

    no: Mapped[str]
    operator_code: Mapped[str]
    operator_name: Mapped[str]
    status: Mapped[str]
    service_kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    tier: Mapped[str]
    designation: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True), deferred=True)
    """Of the first schema; neither read nor written: designations have a table of their own."""
    owner_division: Mapped[str]
    site_division: Mapped[str]
    enclave: Mapped[bool]
    total_area_m2: Mapped[Decimal] = mapped_column(_AREA)
    incubation_area_m2: Mapped[Decimal] = mapped_column(_AREA)
    industry_code: Mapped[str | None]
    cluster_tag: Mapped[str | None]
    ownership_type: Mapped[str | None]
    spaces: Mapped[dict[str, JsonValue]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    """Square metres, as text, by the edition's kinds of space (1.1-1)."""
    online_services: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    enclave_agreement: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    operator_since: Mapped[date | None]
    """The first day of the present operator; None while the first one runs the centre."""
    migrated: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Listed before notices were kept here, or taken over from older records."""

    edition: Mapped[str | None]
    decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    registered_by: Mapped[str]
    submitted_by: Mapped[str | None]
    applied_on: Mapped[date | None]
    reviewed_by: Mapped[str | None]
    reviewed_on: Mapped[date | None]
    announced_by: Mapped[str | None]
    announced_on: Mapped[date | None]
    notice_until: Mapped[date | None]
    """The last day on which the notice, or the term for objections, keeps a decision back."""
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    document_no: Mapped[str | None]
    reason_code: Mapped[str | None]
    listed_on: Mapped[date | None]
    suspended_on: Mapped[date | None]
    """Of a suspension that lasts; None once the centre was resumed."""
    withdrawn_on: Mapped[date | None]
    open_proposal: Mapped[str | None]
    """The kind of measure that waits for a decision; see `proposal`."""
    delisted_on: Mapped[date | None]
    delisting_case_id: Mapped[UUID | None]
    refused_case_id: Mapped[UUID | None]
    """The delisting case whose ban ended this centre's own application."""

    @property
    def proposal(self) -> str | None:
        """The suspension, resumption or withdrawal that waits for a decision; void once the centre is delisted."""
        return self.open_proposal if self.status in STANDING else None
