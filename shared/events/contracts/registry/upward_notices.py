"""What is reported to those who granted what the city cannot take away (2.3-5)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

UPWARD_NOTICE = Topic("registry.upward_notice", "Notices upward (上级资格报告)")


class UpwardNoticeState(EventData):
    """A report on one title or designation that outlives its centre's delisting. `addressee` and what follows are
    empty until it is sent."""

    id: UUID
    case_id: UUID
    centre_id: UUID
    subject_kind: str
    """`qualification` or `designation`."""
    subject_id: UUID
    level: str
    status: str
    due_from: date
    addressee: str | None
    document_no: str | None
    sent_on: date | None


UpwardNoticeDue = EventType(
    UPWARD_NOTICE,
    "registry.upward_notice.due.v1",
    UpwardNoticeState,
    Audience.BUREAU,
    "A delisted centre holds something that was granted above the city.",
)
UpwardNoticeSent = EventType(
    UPWARD_NOTICE, "registry.upward_notice.sent.v1", UpwardNoticeState, Audience.BUREAU, "It was reported."
)
