"""Changes of the profile of a centre that is on the list, each a case of its own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import EventData, EventType, Topic

PROFILE_CHANGE = Topic("registry.profile_change", "Changes of a listed centre's profile (备案信息变更)")


class ProfileValues(EventData):
    """What was asked for; of the fields that `changed` does not name nothing is said."""

    name: str | None = None
    service_kinds: tuple[str, ...] | None = None
    site_division: str | None = None
    total_area_m2: Decimal | None = None
    incubation_area_m2: Decimal | None = None
    industry_code: str | None = None
    cluster_tag: str | None = None
    spaces: dict[str, Decimal] | None = None
    online_services: tuple[str, ...] | None = None


class ProfileChangeState(EventData):
    """A change of profile after the event; `effective_on` is the first day of the new values."""

    id: UUID
    no: str
    centre_id: UUID
    status: str
    changed: tuple[str, ...]
    values: ProfileValues
    reason_code: str
    applied_on: date
    effective_on: date | None
    document_no: str | None
    return_code: str | None
    refusal_code: str | None
    remark_hash: str | None = None


ProfileChangeApplied = EventType(
    PROFILE_CHANGE, "registry.profile_change.applied.v1", ProfileChangeState, summary="A listed centre is to change."
)
ProfileChangeReviewed = EventType(
    PROFILE_CHANGE, "registry.profile_change.reviewed.v1", ProfileChangeState, summary="An officer proposes the change."
)
ProfileChangeReturned = EventType(
    PROFILE_CHANGE, "registry.profile_change.returned.v1", ProfileChangeState, summary="Returned for correction."
)
ProfileChangeResubmitted = EventType(
    PROFILE_CHANGE, "registry.profile_change.resubmitted.v1", ProfileChangeState, summary="It was corrected."
)
ProfileChangeApproved = EventType(
    PROFILE_CHANGE, "registry.profile_change.approved.v1", ProfileChangeState, summary="The change was approved."
)
ProfileChangeRefused = EventType(
    PROFILE_CHANGE, "registry.profile_change.refused.v1", ProfileChangeState, summary="The change was refused."
)
