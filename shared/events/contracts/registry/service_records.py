"""Service records: what a centre did for an enterprise, and what the enterprise says about it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import EventData, EventType, Topic

SERVICE_RECORD = Topic("registry.service_record", "Service records (服务记录)")


class ServiceRecordState(EventData):
    """One record. It counts for the evaluation of `provided_on`'s year while its status is `confirmed`; how many count
    for one enterprise is the rubric's business."""

    id: UUID
    no: str
    centre_id: UUID
    enterprise_id: UUID
    tenancy_id: UUID
    type: str
    title: str
    provided_on: date
    quantity: int
    hours: Decimal | None
    document_no: str | None
    amount: Decimal | None
    """Yuan."""
    status: str
    corrects_id: UUID | None
    """The record that this one replaces; it is `corrected` and counts no more."""
    answered_on: date | None
    """The day the enterprise confirmed or contested it."""
    reason_code: str | None
    """Why it was contested, or corrected."""
    remark_hash: str | None = None


ServiceRecorded = EventType(
    SERVICE_RECORD, "registry.service_record.recorded.v1", ServiceRecordState, summary="A centre recorded a service."
)
ServiceConfirmed = EventType(
    SERVICE_RECORD, "registry.service_record.confirmed.v1", ServiceRecordState, summary="The enterprise confirms it."
)
ServiceContested = EventType(
    SERVICE_RECORD, "registry.service_record.contested.v1", ServiceRecordState, summary="The enterprise contests it."
)
ServiceCorrected = EventType(
    SERVICE_RECORD, "registry.service_record.corrected.v1", ServiceRecordState, summary="A new record took its place."
)
