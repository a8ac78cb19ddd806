"""What is asked for a voucher that was issued: more time, an end, or a new beginning."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

REQUEST = Topic("vouchers.request", "Changes of vouchers (券变更申请)")


class RequestState(EventData):
    """A request about one voucher: `extension`, `void` or `reinstatement`."""

    id: UUID
    no: str
    voucher_id: UUID
    issuer_division: str
    kind: str
    status: str
    reason_code: str | None
    valid_until: date | None
    """The last day asked for, of an extension."""
    delivered: str | None
    """Whether delivered holds of a void voucher are `honoured` or `released`."""
    amount: Decimal | None
    """Yuan that went back to budget and quotas, or were committed again."""


RequestSubmitted = EventType(
    REQUEST, "vouchers.request.submitted.v1", RequestState, Audience.BUREAU, "Asked for by the holder."
)
RequestReviewed = EventType(
    REQUEST,
    "vouchers.request.reviewed.v1",
    RequestState,
    Audience.BUREAU,
    "Proposed by the issuer; it awaits approval.",
)
RequestApproved = EventType(
    REQUEST, "vouchers.request.approved.v1", RequestState, Audience.BUREAU, "Approved and carried out."
)
RequestRefused = EventType(
    REQUEST, "vouchers.request.refused.v1", RequestState, Audience.BUREAU, "Refused with a reason."
)
RequestWithdrawn = EventType(REQUEST, "vouchers.request.withdrawn.v1", RequestState, Audience.BUREAU, "Withdrawn.")
