"""Uses of vouchers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

REDEMPTION = Topic("vouchers.redemption", "Redemptions (用券)")


class RedemptionState(EventData):
    """A use of a voucher: subsidy = price x ratio, never above the balance; yuan."""

    id: UUID
    no: str
    voucher_id: UUID
    programme_id: UUID
    enterprise_id: UUID
    provider_id: UUID
    category: str
    status: str
    price: Decimal
    subsidy: Decimal
    held_on: date
    redeemed_on: date | None
    reason_code: str | None
    invoice_key: str | None = None
    """Of the invoice behind it (seller's code, invoice code, number), on which it claims the subsidy until released."""
    invoice_amount: Decimal | None = None


RedemptionHeld = EventType(REDEMPTION, "vouchers.redemption.held.v1", RedemptionState, summary="Balance is held.")
RedemptionDelivered = EventType(
    REDEMPTION, "vouchers.redemption.delivered.v1", RedemptionState, summary="The service was delivered."
)
RedemptionRedeemed = EventType(
    REDEMPTION, "vouchers.redemption.redeemed.v1", RedemptionState, Audience.BUREAU, "Redeemed."
)
RedemptionReleased = EventType(
    REDEMPTION, "vouchers.redemption.released.v1", RedemptionState, summary="The hold ended."
)
