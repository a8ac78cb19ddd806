"""Vouchers issued from a file."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

BATCH = Topic("vouchers.batch", "Batches of vouchers (批量发券)")


class BatchState(EventData):
    """A file of vouchers to issue; amounts in yuan. Each voucher issued has its own event."""

    id: UUID
    no: str
    issuer_division: str
    status: str
    row_count: int
    amount: Decimal
    issued_count: int
    issued_amount: Decimal
    refused_count: int
    file_sha256: str


BatchSubmitted = EventType(BATCH, "vouchers.batch.submitted.v1", BatchState, Audience.BUREAU, "Taken in and checked.")
BatchApproved = EventType(
    BATCH, "vouchers.batch.approved.v1", BatchState, Audience.BUREAU, "Approved by another person; it is being issued."
)
BatchIssued = EventType(BATCH, "vouchers.batch.issued.v1", BatchState, Audience.BUREAU, "Every row was carried out.")
BatchInterrupted = EventType(
    BATCH, "vouchers.batch.interrupted.v1", BatchState, Audience.BUREAU, "It stopped before its end."
)
BatchRefused = EventType(BATCH, "vouchers.batch.refused.v1", BatchState, Audience.BUREAU, "Refused with a reason.")
BatchWithdrawn = EventType(BATCH, "vouchers.batch.withdrawn.v1", BatchState, Audience.BUREAU, "Withdrawn.")
