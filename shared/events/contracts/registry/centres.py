"""Centres, from the draft to the delisting."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from pydantic import Field

from shared.events.types import Audience, EventData, EventType, Topic

CENTRE = Topic("registry.centre", "Centres (双创中心)")


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
    """Of the last return, refusal, suspension, resumption or withdrawal."""
    remark_hash: str | None = None
    """Salted hash of what was written beside the reason code."""
    operator_since: date | None = None
    """First day of the present operator; None while the first one runs the centre. Whoever needs the operator of a past
    day reads it here, not from the day of the event: a change may be recorded late."""
    notice_until: date | None = None
    """Last day that the public notice keeps a decision back."""
    suspended_on: date | None = None
    """Of a suspension that lasts."""
    withdrawn_on: date | None = None
    proposal: str | None = None
    """A suspension, resumption or withdrawal that was asked for and is not decided."""
    ownership_type: str | None = None
    spaces: dict[str, Decimal] = Field(default_factory=dict)
    """Square metres by kind of space (1.1-1)."""
    online_services: tuple[str, ...] = ()
    cluster_tag: str | None = None
    enclave_agreement_no: str | None = None
    """Of the joint-development agreement (1.2-6)."""


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


class CentreRemedyData(CentreState):
    """What the registry did about an order on a delisting; told again as often as somebody asks."""

    case_id: UUID
    remedy_id: UUID
    remedy: str
    """`stay`, `lift` or `reversal`."""
    effective_on: date
    ban_status: str
    restored_qualification_ids: tuple[UUID, ...] = ()
    """Titles that stand in for those the delisting had revoked."""
    restored_from_ids: tuple[UUID, ...] = ()
    """The revoked ones that they stand in for."""
    lapsed_qualification_ids: tuple[UUID, ...] = ()
    """Revoked ones whose own term is over by now: nothing to restore."""
    revoked_qualification_ids: tuple[UUID, ...] = ()
    """Titles that fell again with a lift."""
    active_municipal_titles_left: int = 0


CentreRegistered = EventType(CENTRE, "registry.centre.registered.v1", CentreState, summary="A draft was registered.")
CentreAmended = EventType(CENTRE, "registry.centre.amended.v1", CentreState, summary="Its profile was changed.")
CentreSubmitted = EventType(CENTRE, "registry.centre.submitted.v1", CentreState, summary="It asked to be listed.")
CentreReviewed = EventType(CENTRE, "registry.centre.reviewed.v1", CentreState, summary="An officer proposes listing.")
CentreAnnounced = EventType(
    CENTRE, "registry.centre.announced.v1", CentreState, Audience.PUBLIC, "Its listing is on public notice."
)
CentreReturned = EventType(CENTRE, "registry.centre.returned.v1", CentreState, summary="Returned for correction.")
CentreListed = EventType(CENTRE, "registry.centre.listed.v1", CentreState, Audience.PUBLIC, "The centre is listed.")
CentreRejected = EventType(CENTRE, "registry.centre.rejected.v1", CentreState, summary="Listing was refused.")
CentreSuspensionProposed = EventType(
    CENTRE, "registry.centre.suspension_proposed.v1", CentreState, summary="An officer proposes to suspend it."
)
CentreSuspended = EventType(
    CENTRE, "registry.centre.suspended.v1", CentreState, Audience.PUBLIC, "The centre is suspended."
)
CentreResumptionProposed = EventType(
    CENTRE, "registry.centre.resumption_proposed.v1", CentreState, summary="An officer proposes to resume it."
)
CentreResumed = EventType(CENTRE, "registry.centre.resumed.v1", CentreState, Audience.PUBLIC, "The centre works again.")
CentreWithdrawalRequested = EventType(
    CENTRE, "registry.centre.withdrawal_requested.v1", CentreState, summary="Its operator asks to leave the list."
)
CentreWithdrawn = EventType(
    CENTRE, "registry.centre.withdrawn.v1", CentreState, Audience.PUBLIC, "The centre left the list at its own request."
)
CentreProposalDropped = EventType(
    CENTRE, "registry.centre.proposal_dropped.v1", CentreState, summary="A proposal or request was not followed."
)
CentreOperatorChanged = EventType(
    CENTRE, "registry.centre.operator_changed.v1", CentreState, Audience.PUBLIC, "Another operator runs it."
)
CentreProfileChanged = EventType(
    CENTRE,
    "registry.centre.profile_changed.v1",
    CentreState,
    Audience.PUBLIC,
    "Its profile changed while it was listed.",
)
CentreDelisted = EventType(
    CENTRE, "registry.centre.delisted.v1", CentreDelistedData, Audience.PUBLIC, "The centre is delisted."
)
CentreTierChanged = EventType(
    CENTRE, "registry.centre.tier_changed.v1", CentreState, Audience.PUBLIC, "It has another tier from the day on."
)

CentreReinstated = EventType(
    CENTRE, "registry.centre.reinstated.v1", CentreState, Audience.PUBLIC, "Its delisting has no effect any more."
)
CentreRemedyApplied = EventType(
    CENTRE, "registry.centre.remedy_applied.v1", CentreRemedyData, Audience.BUREAU, "An order was followed."
)

CENTRE_STATES: Final[tuple[EventType[CentreState], ...]] = (
    CentreRegistered,
    CentreAmended,
    CentreSubmitted,
    CentreReviewed,
    CentreAnnounced,
    CentreReturned,
    CentreListed,
    CentreRejected,
    CentreSuspensionProposed,
    CentreSuspended,
    CentreResumptionProposed,
    CentreResumed,
    CentreWithdrawalRequested,
    CentreWithdrawn,
    CentreProposalDropped,
    CentreOperatorChanged,
    CentreProfileChanged,
    CentreTierChanged,
    CentreReinstated,
)
"""Every event after which a centre is in a state of its own; the delisting, which says more, comes beside them."""
