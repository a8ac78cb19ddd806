"""The table of tenancies."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, func, literal_column, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.tenancies.rules import STATUSES
from shared.db import Aggregate

_STATES = ", ".join(f"'{status}'" for status in STATUSES)

NO_OVERLAP: Final = "ex_tenancy_enterprise_period"
NO_PROJECT_OVERLAP: Final = "ex_tenancy_project_period"


class Tenancy(Aggregate, Base):
    """The stay of an enterprise, or of a project without a code, at a centre: `admitted_on` through `ended_on`, both
    included. The tenancy of a project that registered later names both."""

    __tablename__ = "tenancy"
    __table_args__ = (
        ExcludeConstraint(
            ("enterprise_id", "="),
            (func.daterange(literal_column("admitted_on"), literal_column("ended_on"), literal_column("'[]'")), "&&"),
            name=NO_OVERLAP,
            using="gist",
        ),
        ExcludeConstraint(
            ("project_id", "="),
            (func.daterange(literal_column("admitted_on"), literal_column("ended_on"), literal_column("'[]'")), "&&"),
            name=NO_PROJECT_OVERLAP,
            using="gist",
        ),
        CheckConstraint("num_nonnulls(enterprise_id, project_id) > 0", name="somebody_stays"),
        CheckConstraint("num_nulls(stay_since, stay_until) = 0", name="stay_counted"),
        CheckConstraint("stay_since <= admitted_on AND stay_until >= stay_since", name="stay_forward"),
        CheckConstraint(
            "transferred_to_id IS NULL OR (status = 'exited' AND reason_code = 'transferred')",
            name="transferred_by_exit",
        ),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("ended_on >= admitted_on", name="period_forward"),
        CheckConstraint("filed_on >= admitted_on", name="filed_after_admission"),
        CheckConstraint("(status IN ('graduated', 'exited')) = (ended_on IS NOT NULL)", name="ended_on_a_day"),
        CheckConstraint("(filed_on IS NULL) = (filed_late IS NULL)", name="filed_in_time_or_late"),
        CheckConstraint("status <> 'exited' OR reason_code IS NOT NULL", name="exited_with_reason"),
        CheckConstraint(
            "status <> 'graduated' OR (graduation_criterion IS NOT NULL AND cardinality(evidence) > 0)",
            name="graduated_with_evidence",
        ),
        Index("ix_tenancy_centre_id", "centre_id", "id"),
        Index("ix_tenancy_enterprise_id", "enterprise_id", "admitted_on"),
        Index(
            "ix_tenancy_relocation_case_id",
            "relocation_case_id",
            postgresql_where=text("relocation_case_id IS NOT NULL"),
        ),
        Index("ix_tenancy_by_admission", "admitted_on", "id"),
        Index("ix_tenancy_by_filing_due", "filing_due_on", "id"),
        Index("ix_tenancy_by_stay", "stay_until", "id"),
        Index("ix_tenancy_filing_due_on", "filing_due_on", "id", postgresql_where=text("status = 'admitted'")),
        Index("ix_tenancy_stay_until", "stay_until", "id", postgresql_where=text("ended_on IS NULL")),
    )

    enterprise_id: Mapped[UUID | None] = mapped_column(ForeignKey("enterprise.id"))
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id"))
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id", deferrable=True))
    """Deferrable so that an import takes the centres' locks at its end, where a delisting would wait for it."""
    status: Mapped[str]
    agreement_no: Mapped[str]
    edition: Mapped[str]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    admitted_by: Mapped[str]
    admitted_on: Mapped[date]
    filing_due_on: Mapped[date]
    filed_on: Mapped[date | None]
    filed_late: Mapped[bool | None]
    ended_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    graduation_criterion: Mapped[str | None]
    claim: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    """What the graduation rests on, as it was stated."""
    evidence: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    relocation_case_id: Mapped[UUID | None]
    """The delisting case that obliges the enterprise to move."""
    stay_since: Mapped[date] = mapped_column(nullable=True)
    """The day the stay counts from: the admission, or that of the stay which this one continues."""
    stay_until: Mapped[date] = mapped_column(nullable=True)
    """Last day of the longest stay."""
    migrated: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Taken over from the time before the policy, or the continuation of such a stay: its conditions did not exist
    when the stay began."""
    transferred_from_id: Mapped[UUID | None] = mapped_column(ForeignKey("tenancy.id"))
    transferred_to_id: Mapped[UUID | None] = mapped_column(ForeignKey("tenancy.id"))

    @property
    def incubatee_id(self) -> UUID:
        """Whose stay it is: the enterprise, or the project as long as it has no code."""
        known = self.enterprise_id or self.project_id
        assert known is not None, "ck_tenancy_somebody_stays"
        return known
