"""Who stands in for whom while somebody is on leave."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

DELEGATION = Topic("gateway.delegation", "Delegations during leave (委托代办)")


class DelegationState(EventData):
    """Roles that one account leaves to another from one business day to another, both included."""

    grantor_id: UUID
    delegate_id: UUID
    roles: tuple[str, ...]
    from_on: date
    to_on: date
    status: Literal["proposed", "accepted", "declined", "withdrawn"]


DelegationProposed = EventType(
    DELEGATION, "gateway.delegation.proposed.v1", DelegationState, Audience.INTERNAL, "somebody asked a colleague"
)
DelegationAccepted = EventType(
    DELEGATION, "gateway.delegation.accepted.v1", DelegationState, Audience.INTERNAL, "the colleague agreed"
)
DelegationDeclined = EventType(
    DELEGATION, "gateway.delegation.declined.v1", DelegationState, Audience.INTERNAL, "the colleague did not agree"
)
DelegationWithdrawn = EventType(
    DELEGATION, "gateway.delegation.withdrawn.v1", DelegationState, Audience.INTERNAL, "it counts no more"
)
