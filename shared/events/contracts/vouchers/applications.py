"""Applications for vouchers."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

APPLICATION = Topic("vouchers.application", "Applications for vouchers (用券申请)")


class ApplicationState(EventData):
    """An enterprise's application; yuan. Its purpose is text and stays in the service."""

    id: UUID
    no: str
    programme_id: UUID
    issuer_division: str
    enterprise_id: UUID
    category: str | None
    status: str
    amount: Decimal
    granted: Decimal | None
    """What was proposed at review, and issued once it is approved."""
    voucher_id: UUID | None


ApplicationSubmitted = EventType(
    APPLICATION, "vouchers.application.submitted.v1", ApplicationState, Audience.BUREAU, "Applied for."
)
ApplicationReviewed = EventType(
    APPLICATION, "vouchers.application.reviewed.v1", ApplicationState, Audience.BUREAU, "Reviewed; it awaits approval."
)
ApplicationApproved = EventType(
    APPLICATION,
    "vouchers.application.approved.v1",
    ApplicationState,
    Audience.BUREAU,
    "Approved: the voucher is issued.",
)
ApplicationRefused = EventType(
    APPLICATION, "vouchers.application.refused.v1", ApplicationState, Audience.BUREAU, "Refused with a reason."
)
ApplicationWithdrawn = EventType(
    APPLICATION, "vouchers.application.withdrawn.v1", ApplicationState, Audience.BUREAU, "Withdrawn by the applicant."
)
