"""Public notices of voucher cases, and what is objected."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

NOTICE = Topic("vouchers.notice", "Public notices of voucher cases (公示)")


class NoticeState(EventData):
    """A notice after the event; all days inclusive. `subject_kind` is the plural of the case's address."""

    id: UUID
    subject_kind: str
    subject_id: UUID
    round: int
    starts_on: date
    last_day: date
    objections_until: date
    first_decision_day: date
    document_no: str | None
    """Of a notice that hung on paper before it was entered."""
    signed: int
    """Signed objections; `unanswered` and `upheld` are among them."""
    unanswered: int
    upheld: int
    leads: int
    """Anonymous ones, kept for sampling."""


class NoticeObjectionData(NoticeState):
    """The notice with the objection that the event is about; who signed it stays in the service."""

    objection_id: UUID
    received_on: date
    outcome: str | None
    answered_on: date | None
    text_hash: str
    """Salted hash of what was written: the objection, or the answer where there is one."""


NoticeOpened = EventType(
    NOTICE, "vouchers.notice.opened.v1", NoticeState, Audience.PUBLIC, "A case is put on public notice."
)
NoticeObjectionRecorded = EventType(
    NOTICE, "vouchers.notice.objection_recorded.v1", NoticeObjectionData, summary="Somebody objects, signed."
)
NoticeObjectionAnswered = EventType(
    NOTICE, "vouchers.notice.objection_answered.v1", NoticeObjectionData, summary="A signed objection is answered."
)
NoticeLeadKept = EventType(
    NOTICE, "vouchers.notice.lead_kept.v1", NoticeObjectionData, summary="An anonymous objection is kept as a lead."
)
