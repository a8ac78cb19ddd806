"""Mentors (4.8-1): appointed, at which centres, what they did. Persons by reference only."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import EventData, EventType, Topic

MENTOR = Topic("registry.mentor", "Mentors and their appointments (创业导师)")
MENTOR_LINK = Topic("registry.mentor_link", "Mentors of centres (导师联系双创中心)")
MENTOR_SESSION = Topic("registry.mentor_session", "Sessions of mentors (导师辅导记录)")


class MentorState(EventData):
    """A mentor. It is one on the days from `appointed_from` through `appointed_until`, or through `ended_on` where that
    came first; `graduate_team` counts toward the team of 50."""

    id: UUID
    no: str
    person_ref: str
    status: str
    fields: tuple[str, ...]
    graduate_team: bool
    appointed_from: date | None
    appointed_until: date | None
    ended_on: date | None
    document_no: str | None = None
    reason_code: str | None = None
    remark_hash: str | None = None


class MentorLinkState(EventData):
    """A mentor works with a centre, from `since` through `until`."""

    id: UUID
    mentor_id: UUID
    centre_id: UUID
    since: date
    until: date | None
    reason_code: str | None = None


class MentorSessionState(EventData):
    """A session. It counts while its status is `confirmed`."""

    id: UUID
    no: str
    mentor_id: UUID
    centre_id: UUID
    enterprise_id: UUID | None
    project_id: UUID | None
    held_on: date
    hours: Decimal
    status: str
    recorded_as: str
    """`mentor` or `centre`."""
    answered_on: date | None
    """The day the enterprise or founder confirmed or contested it."""
    reason_code: str | None
    remark_hash: str | None = None


MentorProposed = EventType(MENTOR, "registry.mentor.proposed.v1", MentorState, summary="Somebody is proposed.")
MentorAmended = EventType(MENTOR, "registry.mentor.amended.v1", MentorState, summary="Fields or team changed.")
MentorAppointed = EventType(MENTOR, "registry.mentor.appointed.v1", MentorState, summary="Appointed for a term.")
MentorRefused = EventType(MENTOR, "registry.mentor.refused.v1", MentorState, summary="What was proposed is refused.")
MentorReappointmentProposed = EventType(
    MENTOR, "registry.mentor.reappointment_proposed.v1", MentorState, summary="Another term is proposed."
)
MentorEnded = EventType(MENTOR, "registry.mentor.ended.v1", MentorState, summary="The appointment is over.")
MentorLinked = EventType(MENTOR_LINK, "registry.mentor_link.began.v1", MentorLinkState, summary="Works with a centre.")
MentorUnlinked = EventType(
    MENTOR_LINK, "registry.mentor_link.ended.v1", MentorLinkState, summary="Works with it no more."
)
MentorSessionRecorded = EventType(
    MENTOR_SESSION, "registry.mentor_session.recorded.v1", MentorSessionState, summary="A session is recorded."
)
MentorSessionConfirmed = EventType(
    MENTOR_SESSION, "registry.mentor_session.confirmed.v1", MentorSessionState, summary="Who was advised confirms it."
)
MentorSessionContested = EventType(
    MENTOR_SESSION, "registry.mentor_session.contested.v1", MentorSessionState, summary="Who was advised contests it."
)
MentorSessionWithdrawn = EventType(
    MENTOR_SESSION, "registry.mentor_session.withdrawn.v1", MentorSessionState, summary="Who recorded it takes it back."
)
