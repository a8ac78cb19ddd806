"""Vouchers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

VOUCHER = Topic("vouchers.voucher", "Vouchers (创新券/创业券)")


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
    issuer_division: str | None = None
    frozen_reason: str | None = None
    application_id: UUID | None = None
    batch_id: UUID | None = None


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
VoucherFrozen = EventType(VOUCHER, "vouchers.voucher.frozen.v1", VoucherState, Audience.BUREAU, "Frozen: no new use.")
VoucherUnfrozen = EventType(
    VOUCHER,
    "vouchers.voucher.unfrozen.v1",
    VoucherState,
    Audience.BUREAU,
    "It can be used: its freezing was lifted, or another person approved its issue.",
)
VoucherExtended = EventType(
    VOUCHER, "vouchers.voucher.extended.v1", VoucherState, Audience.BUREAU, "Its last day is a later one."
)
VoucherReinstated = EventType(
    VOUCHER,
    "vouchers.voucher.reinstated.v1",
    VoucherState,
    Audience.BUREAU,
    "Stopped by a delisting, it runs again: its holder is in another listed centre.",
)
