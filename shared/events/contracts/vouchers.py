"""What vouchers publishes: programmes, providers, vouchers, redemptions and what a delisting did to them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

PROGRAMME = Topic("vouchers.programme", "Voucher programmes (券项目)")
PROVIDER = Topic("vouchers.provider", "Service providers (服务机构)")
HOLDING = Topic("vouchers.holding", "Holdings between providers and enterprises (持股)")
VOUCHER = Topic("vouchers.voucher", "Vouchers (创新券/创业券)")
REDEMPTION = Topic("vouchers.redemption", "Redemptions (用券)")
DELISTING = Topic("vouchers.delisting", "Delistings carried out in vouchers")


class ProgrammeState(EventData):
    """A division's voucher programme; amounts in yuan, ratio in percent."""

    id: UUID
    no: str
    issuer_division: str
    kind: str
    year: int
    status: str
    budget: Decimal
    subsidy_percent: Decimal
    enterprise_quota: Decimal
    valid_months: int
    categories: tuple[str, ...]
    startup_months: int | None = None


ProgrammeDrafted = EventType(PROGRAMME, "vouchers.programme.drafted.v1", ProgrammeState, summary="Drafted.")
ProgrammeOpened = EventType(PROGRAMME, "vouchers.programme.opened.v1", ProgrammeState, Audience.PUBLIC, "Open.")
ProgrammeClosed = EventType(PROGRAMME, "vouchers.programme.closed.v1", ProgrammeState, Audience.PUBLIC, "Closed.")


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


class VoucherState(EventData):
    """A voucher; its code is not its id and never leaves the service by event."""

    id: UUID
    no: str
    programme_id: UUID
    enterprise_id: UUID
    centre_id: UUID
    category: str | None
    status: str
    face_value: Decimal
    balance: Decimal
    held: Decimal
    issued_on: date
    valid_until: date
    reason_code: str | None
    spent: Decimal | None = None
    returned: Decimal | None = None
    """Given back to budget and quota when it was stopped; balance + held + spent + returned is the face value."""


VoucherIssued = EventType(VOUCHER, "vouchers.voucher.issued.v1", VoucherState, Audience.BUREAU, "Issued.")
VoucherCodeRenewed = EventType(VOUCHER, "vouchers.voucher.code_renewed.v1", VoucherState, summary="Its code is new.")
VoucherReassigned = EventType(
    VOUCHER,
    "vouchers.voucher.reassigned.v1",
    VoucherState,
    Audience.BUREAU,
    "The holder's record was merged; the one that goes on holds it.",
)
VoucherStopped = EventType(VOUCHER, "vouchers.voucher.stopped.v1", VoucherState, Audience.BUREAU, "Stopped.")


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
