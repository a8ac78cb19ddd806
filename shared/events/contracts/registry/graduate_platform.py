"""The graduate platform: trials, conversions and market channels of graduates' products (4.8-3)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import EventData, EventType, Topic

PLATFORM_SERVICE = Topic("registry.platform_service", "Graduate platform (毕业生孵化平台服务)")


class PlatformServiceState(EventData):
    """One stage of one product. It counts in the year of `started_on` while its status is `confirmed`."""

    id: UUID
    no: str
    line_id: UUID
    """The first record of the product: its stages have this in common."""
    stage: str
    """`trial`, `conversion` or `channel`."""
    kind: str
    project_id: UUID | None
    enterprise_id: UUID | None
    centre_id: UUID | None
    partner_id: UUID | None
    provider_code: str | None
    """Unified social credit code of a provider that is no partner on record."""
    product: str
    started_on: date
    ended_on: date | None
    document_no: str | None
    amount: Decimal | None
    """Of the contract, in yuan."""
    status: str
    """`recorded`, `confirmed`, `contested` or `corrected`."""
    corrects_id: UUID | None
    answered_on: date | None
    reason_code: str | None
    remark_hash: str | None = None


def _event(name: str, summary: str) -> EventType[PlatformServiceState]:
    return EventType(PLATFORM_SERVICE, f"registry.platform_service.{name}.v1", PlatformServiceState, summary=summary)


PlatformServiceRecorded = _event("recorded", "A stage was recorded.")
PlatformServiceConfirmed = _event("confirmed", "The enterprise or founder confirms it.")
PlatformServiceContested = _event("contested", "The enterprise or founder contests it.")
PlatformServiceCorrected = _event("corrected", "A new record took its place.")
