"""What the city lets voucher programmes be at most."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

GUIDANCE = Topic("vouchers.guidance", "Guidance for voucher programmes (市级指导标准)")


class GuidanceState(EventData):
    """Limits for the programmes of a year, from a day on; yuan and percent, None for no such limit."""

    id: UUID
    no: str
    year: int
    status: str
    document_no: str
    max_percent: Decimal | None
    max_enterprise_quota: Decimal | None
    max_quota_share_percent: Decimal | None
    first_voucher_free_allowed: bool
    recommended_categories: tuple[str, ...]
    effective_from: date | None
    refusal: str | None


GuidanceDrafted = EventType(GUIDANCE, "vouchers.guidance.drafted.v1", GuidanceState, summary="Drafted.")
GuidanceApproved = EventType(GUIDANCE, "vouchers.guidance.approved.v1", GuidanceState, Audience.PUBLIC, "Approved.")
GuidanceRefused = EventType(GUIDANCE, "vouchers.guidance.refused.v1", GuidanceState, summary="Refused.")
GuidanceCancelled = EventType(GUIDANCE, "vouchers.guidance.cancelled.v1", GuidanceState, summary="Given up.")
