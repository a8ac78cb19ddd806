"""Tiers: what centres apply for, and what the State designates."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

TIER_APPLICATION = Topic("registry.tier_application", "Tier applications (层级认定申报)")
DESIGNATION = Topic("registry.designation", "Designations by the State (国家级认定)")


class TierApplicationState(EventData):
    """An application for a tier, after the event. `effective_on` is the first day of the tier, once approved."""

    id: UUID
    no: str
    centre_id: UUID
    operator_code: str
    tier: str
    status: str
    applied_on: date
    effective_on: date | None
    document_no: str | None
    reason_code: str | None
    case_id: UUID | None
    remark_hash: str | None = None


class DesignationState(EventData):
    """A designation from above, as the city records it. `effective_on` is the first day of the tier here."""

    id: UUID
    no: str
    centre_id: UUID
    tier: str
    status: str
    issuer: str
    document_no: str
    designated_on: date
    valid_until: date | None
    effective_on: date | None
    partner_ids: tuple[UUID, ...]
    joint_carrier_ids: tuple[UUID, ...]
    reason_code: str | None = None
    remark_hash: str | None = None
    ended_on: date | None = None
    """Its last day, once that is over and recorded."""
    ends_from: date | None = None
    """The first day without it, where it ends or is proposed to end before its time."""
    ending_document_no: str | None = None
    ending_reason: str | None = None


def _applied(name: str, summary: str, audience: Audience = Audience.INTERNAL) -> EventType[TierApplicationState]:
    full = f"{TIER_APPLICATION.name}.{name}.v1"
    return EventType(TIER_APPLICATION, full, TierApplicationState, audience, summary)


def _designated(name: str, summary: str, audience: Audience = Audience.INTERNAL) -> EventType[DesignationState]:
    return EventType(DESIGNATION, f"{DESIGNATION.name}.{name}.v1", DesignationState, audience, summary)


TierApplied = _applied("applied", "A centre applied for a tier.")
TierReviewed = _applied("reviewed", "An officer proposes the tier.")
TierAnnounced = _applied("announced", "The tier is on public notice.", Audience.PUBLIC)
TierApproved = _applied("approved", "The tier is approved.", Audience.PUBLIC)
TierRefused = _applied("refused", "The tier was refused.")
TierWithdrawn = _applied("withdrawn", "The applicant withdrew.")

DesignationRecorded = _designated("recorded", "An officer recorded a designation.")
DesignationConfirmed = _designated("confirmed", "A second person confirmed it; the tier holds.", Audience.PUBLIC)
DesignationRejected = _designated("rejected", "A second person did not confirm it.")
DesignationEndProposed = _designated("end_proposed", "An officer recorded that it ends before its time.")
DesignationEndDeclined = _designated("end_declined", "A second person did not confirm that it ends.")
DesignationEnded = _designated("ended", "Its last day is over; the tier before holds again.", Audience.PUBLIC)
