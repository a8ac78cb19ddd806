"""Enterprises."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic
from shared.money import Money

ENTERPRISE = Topic("registry.enterprise", "Enterprises (在孵企业)")


class EnterpriseState(EventData):
    """An enterprise; no personal data, the founder is an opaque reference."""

    id: UUID
    code: str
    name: str
    industry_code: str
    division: str
    registered_on: date
    legal_representative_ref: str | None
    graduate_founder: bool
    registered_address: str | None = None
    address_in_city: bool | None = None
    """Whether the registered address lies in the city; None where nobody knows yet."""
    size_class: str | None = None
    size_year: int | None = None
    project_id: UUID | None = None
    """The project that went on under this code, if there was one; it may have the same id."""
    merged_into_id: UUID | None = None
    """The record that goes on in place of this one."""
    migrated: bool = False
    """Taken over from the time before the policy."""


EnterpriseRegistered = EventType(
    ENTERPRISE, "registry.enterprise.registered.v1", EnterpriseState, Audience.BUREAU, "An enterprise is known."
)
EnterpriseAmended = EventType(
    ENTERPRISE, "registry.enterprise.amended.v1", EnterpriseState, Audience.BUREAU, "Its particulars changed."
)
EnterpriseMerged = EventType(
    ENTERPRISE,
    "registry.enterprise.merged.v1",
    EnterpriseState,
    Audience.BUREAU,
    "Another record of the same enterprise goes on in its place.",
)


class EnterpriseAbsorbedData(EventData):
    """Which record was merged into this one; its tenancies follow in events of their own."""

    id: UUID
    code: str
    absorbed_id: UUID
    absorbed_code: str
    document_no: str


EnterpriseAbsorbed = EventType(
    ENTERPRISE,
    "registry.enterprise.absorbed.v1",
    EnterpriseAbsorbedData,
    Audience.BUREAU,
    "It goes on for another record of the same enterprise.",
)


class EnterpriseYearState(EventData):
    """One year of an enterprise's growth file; `id` is the enterprise. Amounts are yuan."""

    id: UUID
    code: str
    year: int
    revenue: Money
    assets: Money | None
    tax_paid: Money
    staff: int
    insured_jobs: int
    patents: int
    software_copyrights: int
    trademarks: int
    other_ip: int
    size_class: str | None


EnterpriseGrowthRecorded = EventType(
    ENTERPRISE,
    "registry.enterprise.growth_recorded.v1",
    EnterpriseYearState,
    Audience.INTERNAL,
    "Figures of a year, for the first time or corrected.",
)


class TechnologyFlagState(EventData):
    """A recognition as a technology enterprise; `id` is the enterprise."""

    id: UUID
    code: str
    flag_id: UUID
    kind: str
    certificate_no: str
    issued_on: date
    valid_through: date
    withdrawn_on: date | None


TechnologyFlagRecorded = EventType(
    ENTERPRISE,
    "registry.enterprise.technology_flag_recorded.v1",
    TechnologyFlagState,
    Audience.BUREAU,
    "Recognised as a technology enterprise.",
)
TechnologyFlagWithdrawn = EventType(
    ENTERPRISE,
    "registry.enterprise.technology_flag_withdrawn.v1",
    TechnologyFlagState,
    Audience.BUREAU,
    "The recognition was withdrawn.",
)


class PermitState(EventData):
    """A permit that follows the licence; `id` is the enterprise."""

    id: UUID
    code: str
    permit_id: UUID
    name: str
    authority: str
    required_on: date
    seen_on: date | None
    document_no: str | None
    valid_through: date | None


PermitRequired = EventType(
    ENTERPRISE, "registry.enterprise.permit_required.v1", PermitState, Audience.BUREAU, "A permit has to follow."
)
PermitSeen = EventType(
    ENTERPRISE, "registry.enterprise.permit_seen.v1", PermitState, Audience.BUREAU, "The permit was seen."
)


class EnterpriseChangeState(EventData):
    """A proposed change of identity facts; `id` is the enterprise, `fields` names what would change."""

    id: UUID
    code: str
    change_id: UUID
    status: str
    fields: tuple[str, ...]
    reason_code: str | None


EnterpriseChangeProposed = EventType(
    ENTERPRISE,
    "registry.enterprise.change_proposed.v1",
    EnterpriseChangeState,
    Audience.INTERNAL,
    "Somebody else than the enterprise says that an identity fact has changed.",
)
EnterpriseChangeRefused = EventType(
    ENTERPRISE,
    "registry.enterprise.change_refused.v1",
    EnterpriseChangeState,
    Audience.INTERNAL,
    "The change is not so; nothing was changed.",
)
