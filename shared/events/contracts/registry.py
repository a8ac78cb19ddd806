"""What the registry publishes: centres, municipal qualifications, bans, enterprises and tenancies."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

CENTRE = Topic("registry.centre", "Centres (双创中心)")
QUALIFICATION = Topic("registry.qualification", "Qualifications (载体资格)")
BAN = Topic("registry.ban", "Bans on applying (禁止申报)")
ENTERPRISE = Topic("registry.enterprise", "Enterprises (在孵企业)")
TENANCY = Topic("registry.tenancy", "Tenancies (入驻)")


class CentreState(EventData):
    """A centre as it stands after the event."""

    id: UUID
    no: str
    name: str
    operator_code: str
    operator_name: str
    status: str
    service_kinds: tuple[str, ...]
    tier: str
    owner_division: str
    site_division: str
    enclave: bool
    total_area_m2: Decimal
    incubation_area_m2: Decimal
    industry_code: str | None
    listed_on: date | None
    delisted_on: date | None
    document_no: str | None = None
    """Of the document that listed it."""
    reason_code: str | None = None
    """Of the last return or refusal."""
    remark_hash: str | None = None
    """Salted hash of what was written beside the reason code."""


class CentreDelistedData(CentreState):
    """The centre and what fell with it in the same transaction."""

    case_id: UUID
    decision_no: str
    published_on: date
    ban_id: UUID
    revoked_qualification_ids: tuple[UUID, ...]
    refused_application_ids: tuple[UUID, ...]
    relocated_tenancy_ids: tuple[UUID, ...]
    active_municipal_titles_left: int


CentreRegistered = EventType(CENTRE, "registry.centre.registered.v1", CentreState, summary="A draft was registered.")
CentreAmended = EventType(CENTRE, "registry.centre.amended.v1", CentreState, summary="Its profile was changed.")
CentreSubmitted = EventType(CENTRE, "registry.centre.submitted.v1", CentreState, summary="It asked to be listed.")
CentreReviewed = EventType(CENTRE, "registry.centre.reviewed.v1", CentreState, summary="An officer proposes listing.")
CentreReturned = EventType(CENTRE, "registry.centre.returned.v1", CentreState, summary="Returned for correction.")
CentreListed = EventType(CENTRE, "registry.centre.listed.v1", CentreState, Audience.PUBLIC, "The centre is listed.")
CentreRejected = EventType(CENTRE, "registry.centre.rejected.v1", CentreState, summary="Listing was refused.")
CentreDelisted = EventType(
    CENTRE, "registry.centre.delisted.v1", CentreDelistedData, Audience.PUBLIC, "The centre is delisted."
)


class QualificationState(EventData):
    """A qualification (municipal title) and its application, after the event."""

    id: UUID
    no: str
    application_id: UUID
    centre_id: UUID
    operator_code: str
    kind: str
    level: str
    status: str
    applied_on: date
    granted_on: date | None
    revoked_on: date | None
    reason_code: str | None
    case_id: UUID | None
    document_no: str | None = None
    remark_hash: str | None = None


QualificationApplied = EventType(
    QUALIFICATION, "registry.qualification.applied.v1", QualificationState, summary="A title was applied for."
)
QualificationReviewed = EventType(
    QUALIFICATION, "registry.qualification.reviewed.v1", QualificationState, summary="An officer proposes the grant."
)
QualificationGranted = EventType(
    QUALIFICATION, "registry.qualification.granted.v1", QualificationState, Audience.PUBLIC, "A title is granted."
)
QualificationRefused = EventType(
    QUALIFICATION, "registry.qualification.refused.v1", QualificationState, summary="A title was refused."
)
QualificationRevocationProposed = EventType(
    QUALIFICATION,
    "registry.qualification.revocation_proposed.v1",
    QualificationState,
    summary="An officer proposes to revoke a title.",
)
QualificationRevoked = EventType(
    QUALIFICATION, "registry.qualification.revoked.v1", QualificationState, Audience.PUBLIC, "A title is revoked."
)


class BanState(EventData):
    """A ban on applying for municipal carriers, inclusive of both days named."""

    id: UUID
    case_id: UUID
    centre_id: UUID
    operator_code: str | None
    """The operator of record barred together with the centre; None where the edition spares operators."""
    published_on: date
    last_barred_day: date
    first_open_day: date
    status: str
    decision_no: str | None = None


BanImposed = EventType(BAN, "registry.ban.imposed.v1", BanState, Audience.BUREAU, "A ban begins.")


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


EnterpriseRegistered = EventType(
    ENTERPRISE, "registry.enterprise.registered.v1", EnterpriseState, Audience.BUREAU, "An enterprise is known."
)
EnterpriseAmended = EventType(
    ENTERPRISE, "registry.enterprise.amended.v1", EnterpriseState, Audience.BUREAU, "Its particulars changed."
)


class TenancyState(EventData):
    """An enterprise's stay at a centre; `ended_on` is its last day there."""

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
    filing_due_on: date | None = None
    """Last day on which the filing is in time."""
    filed_late: bool | None = None
    """None until it is filed."""
    remark_hash: str | None = None


TenancyAdmitted = EventType(TENANCY, "registry.tenancy.admitted.v1", TenancyState, Audience.BUREAU, "Admitted.")
TenancyFiled = EventType(TENANCY, "registry.tenancy.filed.v1", TenancyState, Audience.BUREAU, "Filed with the bureau.")
TenancyGraduated = EventType(TENANCY, "registry.tenancy.graduated.v1", TenancyState, Audience.BUREAU, "Graduated.")
TenancyExited = EventType(TENANCY, "registry.tenancy.exited.v1", TenancyState, Audience.BUREAU, "Left the centre.")
TenancyRelocationDue = EventType(
    TENANCY, "registry.tenancy.relocation_due.v1", TenancyState, Audience.BUREAU, "Its centre was delisted."
)
