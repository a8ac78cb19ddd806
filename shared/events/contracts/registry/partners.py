"""Partners of the centres, their agreements, and the carriers set up together."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

PARTNER = Topic("registry.partner", "Partners (合作机构)")
AGREEMENT = Topic("registry.agreement", "Cooperation agreements (合作协议)")
JOINT_CARRIER = Topic("registry.joint_carrier", "Carriers set up with a partner (合作设立的载体)")


class PartnerState(EventData):
    """A body that centres cooperate with; `inland` when it comes from outside the region (2.1-3)."""

    id: UUID
    no: str
    name: str
    code: str | None
    kind: str
    origin_province: str
    inland: bool
    capital: Decimal
    """Registered capital in yuan."""


class AgreementState(EventData):
    """An agreement of a centre; in force from `valid_from` through `valid_until`, or `ended_on` where that is set."""

    id: UUID
    centre_id: UUID
    partner_id: UUID
    document_no: str
    subject: str
    signed_on: date
    valid_from: date
    valid_until: date | None
    ended_on: date | None
    reason_code: str | None


class JointCarrierState(EventData):
    """A carrier of a centre and a partner; `ended_on` is its last day."""

    id: UUID
    centre_id: UUID
    partner_id: UUID
    agreement_id: UUID
    name: str
    kind: str
    place_province: str
    set_up_on: date
    ended_on: date | None
    reason_code: str | None
    partner_capital: Decimal
    """What the partner put in, in yuan."""


PartnerRegistered = EventType(
    PARTNER, "registry.partner.registered.v1", PartnerState, Audience.BUREAU, "A partner was entered."
)
PartnerAmended = EventType(
    PARTNER, "registry.partner.amended.v1", PartnerState, Audience.BUREAU, "Its particulars were changed."
)
AgreementRecorded = EventType(
    AGREEMENT, "registry.agreement.recorded.v1", AgreementState, Audience.BUREAU, "An agreement was put on file."
)
AgreementEnded = EventType(
    AGREEMENT, "registry.agreement.ended.v1", AgreementState, Audience.BUREAU, "It ended before its time."
)
JointCarrierSetUp = EventType(
    JOINT_CARRIER, "registry.joint_carrier.set_up.v1", JointCarrierState, Audience.BUREAU, "A joint carrier was set up."
)
JointCarrierEnded = EventType(
    JOINT_CARRIER, "registry.joint_carrier.ended.v1", JointCarrierState, Audience.BUREAU, "A joint carrier ended."
)
