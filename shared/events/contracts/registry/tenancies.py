"""Tenancies: which enterprise is at which centre."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

TENANCY = Topic("registry.tenancy", "Tenancies (入驻)")


class TenancyState(EventData):
    """An enterprise's stay at a centre; `ended_on` is its last day there. `enterprise_id` is the project's id as long
    as a hosted project has no code."""

    id: UUID
    enterprise_id: UUID
    centre_id: UUID
    status: str
    admitted_on: date
    agreement_no: str
    filed_on: date | None
    ended_on: date | None
    reason_code: str | None
    graduation_criterion: str | None
    relocation_case_id: UUID | None
    """The delisting case, or the withdrawal of the centre, that obliges the enterprise to move."""
    filing_due_on: date | None = None
    """Last day on which the filing is in time."""
    filed_late: bool | None = None
    """None until it is filed."""
    remark_hash: str | None = None
    project_id: UUID | None = None
    """The project that was admitted, also after it has registered."""
    stay_since: date | None = None
    """The day the stay counts from: the admission, or that of the stay which this one continues."""
    stay_until: date | None = None
    """Last day of the longest stay."""
    transferred_from_id: UUID | None = None
    transferred_to_id: UUID | None = None
    migrated: bool = False
    """Taken over from the time before the policy, or the continuation of such a stay."""


TenancyAdmitted = EventType(TENANCY, "registry.tenancy.admitted.v1", TenancyState, Audience.BUREAU, "Admitted.")
TenancyFiled = EventType(TENANCY, "registry.tenancy.filed.v1", TenancyState, Audience.BUREAU, "Filed with the bureau.")
TenancyGraduated = EventType(TENANCY, "registry.tenancy.graduated.v1", TenancyState, Audience.BUREAU, "Graduated.")
TenancyExited = EventType(TENANCY, "registry.tenancy.exited.v1", TenancyState, Audience.BUREAU, "Left the centre.")
TenancyRelocationDue = EventType(
    TENANCY, "registry.tenancy.relocation_due.v1", TenancyState, Audience.BUREAU, "Its centre left the list."
)
TenancyReassigned = EventType(
    TENANCY,
    "registry.tenancy.reassigned.v1",
    TenancyState,
    Audience.BUREAU,
    "It belongs to another record: two were merged, or a project registered under a code.",
)
TenancyStayRecounted = EventType(
    TENANCY,
    "registry.tenancy.stay_recounted.v1",
    TenancyState,
    Audience.BUREAU,
    "The longest stay is another, because the enterprise's industry is.",
)
TenancyRelocationDropped = EventType(
    TENANCY,
    "registry.tenancy.relocation_dropped.v1",
    TenancyState,
    Audience.BUREAU,
    "It may stay: the delisting has no effect any more.",
)
