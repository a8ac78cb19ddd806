"""What a delisting, or an order on one, did to vouchers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

DELISTING = Topic("vouchers.delisting", "Delistings carried out in vouchers")


class DelistingAppliedData(EventData):
    """What vouchers did about a delisting; repeated unchanged when asked again."""

    case_id: UUID
    centre_id: UUID
    stopped_voucher_ids: tuple[UUID, ...]
    released_redemption_ids: tuple[UUID, ...]
    honoured_redemption_ids: tuple[UUID, ...]
    effective_on: date
    returned: Decimal = Decimal("0.00")
    """Yuan given back to budgets and quotas."""


DelistingApplied = EventType(
    DELISTING, "vouchers.delisting.applied.v1", DelistingAppliedData, Audience.BUREAU, "Vouchers have stopped."
)


class RemedyAppliedData(EventData):
    """What vouchers did about an order on a delisting; repeated unchanged when asked again."""

    remedy_id: UUID
    case_id: UUID
    centre_id: UUID
    remedy: str
    """`stay`, `lift` or `reversal`."""
    effective_on: date
    stopped_voucher_ids: tuple[UUID, ...]
    """Vouchers issued during a stay that stop with its end; those that the delisting stopped stay stopped."""
    released_redemption_ids: tuple[UUID, ...]
    honoured_redemption_ids: tuple[UUID, ...]
    returned: Decimal


DelistingRemedyApplied = EventType(
    DELISTING, "vouchers.delisting.remedy_applied.v1", RemedyAppliedData, Audience.BUREAU, "An order was followed."
)
