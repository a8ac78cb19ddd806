"""Settlement batches, and invoices that are not paid on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

SETTLEMENT = Topic("vouchers.settlement", "Settlement batches (兑付)")
INVALID_INVOICE = Topic("vouchers.invalid_invoice", "Cancelled and red-lettered invoices (作废及红冲发票)")


class SettlementState(EventData):
    """A batch after the event; yuan. `line_count` and `total` are of the lines that are in it."""

    id: UUID
    no: str
    issuer_division: str
    period: str
    """The month, as `2019-05`."""
    collects_to: date
    status: str
    line_count: int
    total: Decimal
    paid_total: Decimal
    sample_size: int | None
    file_count: int | None
    file_total: Decimal | None
    file_digest: str | None


class SettlementLinesData(SettlementState):
    """The batch with the redemptions that the event is about, at most 1,000 of them by id."""

    redemption_ids: tuple[UUID, ...]
    redemptions: int
    """How many there are in all."""
    reason_code: str | None


SettlementDrafted = EventType(SETTLEMENT, "vouchers.settlement.drafted.v1", SettlementState, summary="Collected.")
SettlementCollected = EventType(
    SETTLEMENT, "vouchers.settlement.collected.v1", SettlementState, summary="Collected again."
)
SettlementChecked = EventType(SETTLEMENT, "vouchers.settlement.checked.v1", SettlementState, summary="Checked.")
SettlementSampled = EventType(SETTLEMENT, "vouchers.settlement.sampled.v1", SettlementState, summary="Sample drawn.")
SettlementInspected = EventType(
    SETTLEMENT, "vouchers.settlement.inspected.v1", SettlementLinesData, summary="A line was inspected."
)
SettlementLinesLeft = EventType(
    SETTLEMENT, "vouchers.settlement.lines_left.v1", SettlementLinesData, summary="Lines went out of the batch."
)
SettlementLineReadmitted = EventType(
    SETTLEMENT,
    "vouchers.settlement.line_readmitted.v1",
    SettlementLinesData,
    summary="A barred line may be collected again.",
)
SettlementNoticed = EventType(
    SETTLEMENT, "vouchers.settlement.noticed.v1", SettlementState, Audience.PUBLIC, "On public notice."
)
SettlementApproved = EventType(
    SETTLEMENT, "vouchers.settlement.approved.v1", SettlementState, Audience.BUREAU, "Approved."
)
SettlementFiled = EventType(
    SETTLEMENT, "vouchers.settlement.filed.v1", SettlementState, summary="The payment file is made."
)
SettlementResultsRead = EventType(
    SETTLEMENT, "vouchers.settlement.results_read.v1", SettlementState, Audience.BUREAU, "The bank has answered."
)
SettlementClosed = EventType(SETTLEMENT, "vouchers.settlement.closed.v1", SettlementState, Audience.BUREAU, "Closed.")
SettlementCancelled = EventType(
    SETTLEMENT, "vouchers.settlement.cancelled.v1", SettlementState, summary="Given up; its lines wait for another."
)


class InvalidInvoiceState(EventData):
    """An invoice on which nothing is paid, until the entry is withdrawn."""

    id: UUID
    issuer_division: str
    invoice_key: str
    """Seller's code, invoice code, number."""
    kind: str
    """`cancelled` or `red_lettered`."""
    found_on: date
    withdrawn_on: date | None


InvalidInvoiceRecorded = EventType(
    INVALID_INVOICE,
    "vouchers.invalid_invoice.recorded.v1",
    InvalidInvoiceState,
    Audience.BUREAU,
    "An invoice was cancelled or red-lettered by its seller.",
)
InvalidInvoiceWithdrawn = EventType(
    INVALID_INVOICE,
    "vouchers.invalid_invoice.withdrawn.v1",
    InvalidInvoiceState,
    Audience.BUREAU,
    "The entry was a mistake.",
)
