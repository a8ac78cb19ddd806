"""Service providers, and holdings between them and enterprises."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

PROVIDER = Topic("vouchers.provider", "Service providers (服务机构)")
HOLDING = Topic("vouchers.holding", "Holdings between providers and enterprises (持股)")


class ProviderState(EventData):
    """A service provider and what it may offer."""

    id: UUID
    no: str
    code: str
    name: str
    status: str
    categories: tuple[str, ...]
    admitted_on: date | None
    reason_code: str | None = None


ProviderApplied = EventType(PROVIDER, "vouchers.provider.applied.v1", ProviderState, summary="Applied.")
ProviderReviewed = EventType(PROVIDER, "vouchers.provider.reviewed.v1", ProviderState, summary="Admission proposed.")
ProviderAdmitted = EventType(PROVIDER, "vouchers.provider.admitted.v1", ProviderState, Audience.PUBLIC, "Admitted.")
ProviderRepresentativeRecorded = EventType(
    PROVIDER,
    "vouchers.provider.representative_recorded.v1",
    ProviderState,
    summary="Its legal representative was recorded.",
)
ProviderRefused = EventType(PROVIDER, "vouchers.provider.refused.v1", ProviderState, summary="Refused.")


class HoldingState(EventData):
    """A share of one organisation in another, in percent; both days inclusive."""

    id: UUID
    provider_id: UUID
    holder_code: str
    held_code: str
    percent: Decimal
    valid_from: date
    valid_to: date | None


HoldingRecorded = EventType(HOLDING, "vouchers.holding.recorded.v1", HoldingState, summary="A holding is on record.")
HoldingEnded = EventType(HOLDING, "vouchers.holding.ended.v1", HoldingState, summary="A holding has ended.")
