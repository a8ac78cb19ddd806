"""Uses of vouchers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

REDEMPTION = Topic("vouchers.redemption", "Redemptions (用券)")


class OrderState(EventData):
    """An order for a service: nothing is reserved until the provider accepts it, so there is no subsidy yet; yuan."""

    id: UUID
    no: str
    voucher_id: UUID
    programme_id: UUID
    enterprise_id: UUID
    provider_id: UUID
    category: str
    status: str
    price: Decimal
    offering_id: UUID | None
    description: str | None
    ordered_on: date
    expires_on: date
    """The last day to accept it."""
    released_on: date | None
    reason_code: str | None


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
    delivered_on: date | None = None
    expires_on: date | None = None
    """The last day to deliver on a hold."""
    confirm_by: date | None = None
    """The last day for the holder to confirm or dispute a delivery."""
    released_on: date | None = None
    reversed_amount: Decimal = Decimal("0.00")
    """So much of the subsidy was taken back after it was redeemed, and is claimed on the invoice no more."""
    split_from: UUID | None = None
    """The redemption of which this is what was not delivered with it."""
    sampling_flags: tuple[str, ...] = ()


RedemptionOrdered = EventType(REDEMPTION, "vouchers.redemption.ordered.v1", OrderState, summary="A service is ordered.")
RedemptionOrderEnded = EventType(
    REDEMPTION, "vouchers.redemption.order_ended.v1", OrderState, summary="Declined, cancelled or not accepted in time."
)
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
RedemptionDisputed = EventType(
    REDEMPTION, "vouchers.redemption.disputed.v1", RedemptionState, summary="The holder disputes the delivery."
)
RedemptionReversed = EventType(
    REDEMPTION,
    "vouchers.redemption.reversed.v1",
    RedemptionState,
    Audience.BUREAU,
    "What was redeemed is taken back, whole or in part.",
)
RedemptionRecovered = EventType(
    REDEMPTION,
    "vouchers.redemption.recovered.v1",
    RedemptionState,
    Audience.BUREAU,
    "What was taken back had been paid, and is back: the voucher, or its budget, has it again.",
)
RedemptionFlagged = EventType(
    REDEMPTION, "vouchers.redemption.flagged.v1", RedemptionState, Audience.BUREAU, "To be inspected before payment."
)

DISPUTE = Topic("vouchers.dispute", "Disputed deliveries (用券争议)")


class DisputeState(EventData):
    """A holder's objection to a delivery, and how it ended."""

    id: UUID
    redemption_id: UUID
    reason_code: str
    raised_on: date
    outcome: str | None
    """`redelivered`, `confirmed`, `released` or `captured`; None while it is open."""
    closed_on: date | None


DisputeRaised = EventType(DISPUTE, "vouchers.dispute.raised.v1", DisputeState, summary="A delivery is disputed.")
DisputeClosed = EventType(DISPUTE, "vouchers.dispute.closed.v1", DisputeState, summary="The dispute is over.")

REVERSAL = Topic("vouchers.reversal", "Reversals of redemptions (兑付撤销)")


class ReversalState(EventData):
    """So much of a redeemed subsidy is to be taken back; yuan."""

    id: UUID
    no: str
    redemption_id: UUID
    issuer_division: str
    provider_id: UUID
    status: str
    amount: Decimal
    reason_code: str
    asked_on: date | None
    proposed_on: date | None
    decided_on: date | None
    paid: bool | None
    """Whether the subsidy had been paid before; None until it is approved."""


ReversalAsked = EventType(REVERSAL, "vouchers.reversal.asked.v1", ReversalState, summary="The provider asks for it.")
ReversalProposed = EventType(
    REVERSAL, "vouchers.reversal.proposed.v1", ReversalState, Audience.BUREAU, "The issuer's officer proposes it."
)
ReversalApproved = EventType(REVERSAL, "vouchers.reversal.approved.v1", ReversalState, Audience.BUREAU, "Approved.")
ReversalRefused = EventType(REVERSAL, "vouchers.reversal.refused.v1", ReversalState, Audience.BUREAU, "Refused.")
