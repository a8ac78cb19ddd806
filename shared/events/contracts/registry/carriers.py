"""Other carriers beside centres, their links to centres, and enterprises' stays at them (1.1-2)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

CARRIER = Topic("registry.carrier", "Carriers (载体)")
CARRIER_LINK = Topic("registry.carrier_link", "Links of centres and carriers (衔接)")
CARRIER_STAY = Topic("registry.carrier_stay", "Stays at carriers (孵化阶段)")


class CarrierState(EventData):
    """A maker space, incubator or centre that enterprises pass through."""

    id: UUID
    no: str
    kind: str
    name: str
    operator_code: str | None
    division: str
    centre_id: UUID | None
    """The centre of this registry that it is, if it is one."""


class CarrierLinkState(EventData):
    """A centre hands enterprises on to a carrier, or takes them from it; `ended_on` is the last day."""

    id: UUID
    centre_id: UUID
    carrier_id: UUID
    linked_on: date
    ended_on: date | None
    agreement_no: str | None
    reason_code: str | None


class CarrierStayState(EventData):
    """An enterprise's stay at a carrier; `ended_on` is its last day there."""

    id: UUID
    enterprise_id: UUID
    carrier_id: UUID
    began_on: date
    ended_on: date | None
    evidence: str


CarrierRegistered = EventType(
    CARRIER, "registry.carrier.registered.v1", CarrierState, Audience.BUREAU, "A carrier is known."
)
CarrierLinked = EventType(
    CARRIER_LINK, "registry.carrier_link.begun.v1", CarrierLinkState, Audience.BUREAU, "Linked to a centre."
)
CarrierUnlinked = EventType(
    CARRIER_LINK, "registry.carrier_link.ended.v1", CarrierLinkState, Audience.BUREAU, "The link has ended."
)
CarrierStayRecorded = EventType(
    CARRIER_STAY, "registry.carrier_stay.recorded.v1", CarrierStayState, Audience.BUREAU, "An enterprise stayed there."
)
CarrierStayEnded = EventType(
    CARRIER_STAY, "registry.carrier_stay.ended.v1", CarrierStayState, Audience.BUREAU, "It has left."
)
