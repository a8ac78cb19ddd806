"""Training: courses, sessions, enrolments and certificates (4.8-2). People are in it by their opaque references."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

TRAINING_COURSE = Topic("registry.training_course", "Training courses (培训课程)")
TRAINING_SESSION = Topic("registry.training_session", "Training sessions (培训班次)")
ENROLMENT = Topic("registry.enrolment", "Enrolments (培训报名)")
TRAINING_CERTIFICATE = Topic("registry.training_certificate", "Training certificates (结业证书)")


class TrainingCourseState(EventData):
    """A course; `centre_id` where a centre gives it, else a bureau does."""

    id: UUID
    no: str
    title: str
    audience: str
    centre_id: UUID | None
    certified: bool
    status: str
    published_on: date | None
    closed_on: date | None
    reason_code: str | None
    remark_hash: str | None = None


class TrainingMeetingData(EventData):
    """When the people of a session meet, by the city's clock."""

    id: UUID
    number: int
    held_on: date
    starts: time
    ends: time


class TrainingSessionState(EventData):
    """A session from its first day, `held_on`, to its last, `ended_on`."""

    id: UUID
    no: str
    course_id: UUID
    centre_id: UUID | None
    audience: str
    place: str
    held_on: date
    ended_on: date
    hours: Decimal
    meetings: tuple[TrainingMeetingData, ...]
    capacity: int
    enrol_from: date
    enrol_until: date
    status: str
    trainer_ref: str | None
    completed_on: date | None
    cancelled_on: date | None
    reason_code: str | None
    remark_hash: str | None = None


class EnrolmentState(EventData):
    """One person in one session. `centre_id` is the centre whose staff the person is, `enterprise_id` the enterprise
    that enrolled it."""

    id: UUID
    no: str
    session_id: UUID
    person_ref: str
    centre_id: UUID | None
    enterprise_id: UUID | None
    audience: str
    via: str
    status: str
    queue_no: int
    enrolled_on: date
    promoted_on: date | None
    cancelled_on: date | None
    hours_attended: Decimal | None
    reason_code: str | None
    remark_hash: str | None = None


class AttendanceData(EnrolmentState):
    """The enrolment, and the meeting at which the person was seen: by the code (`qr`) or by hand, with a reason."""

    meeting_id: UUID
    meeting_no: int
    attended_on: date
    attended_via: str


class AttendanceStruckData(AttendanceData):
    """What was recorded of a meeting, and why it does not count any more."""

    struck_reason: str


class TrainingCertificateState(EventData):
    """A certificate of somebody who attended; it counts from `issued_on` until `revoked_on`."""

    id: UUID
    no: str
    session_id: UUID
    course_id: UUID
    enrolment_id: UUID
    person_ref: str
    centre_id: UUID | None
    audience: str
    hours: Decimal
    issued_on: date
    revoked_on: date | None
    reason_code: str | None
    remark_hash: str | None = None


TrainingDrafted = EventType(
    TRAINING_COURSE, "registry.training_course.drafted.v1", TrainingCourseState, summary="A course was drafted."
)
TrainingAmended = EventType(
    TRAINING_COURSE, "registry.training_course.amended.v1", TrainingCourseState, summary="A draft was changed."
)
TrainingPublished = EventType(
    TRAINING_COURSE,
    "registry.training_course.published.v1",
    TrainingCourseState,
    Audience.PUBLIC,
    "Sessions of it may be planned.",
)
TrainingClosed = EventType(
    TRAINING_COURSE, "registry.training_course.closed.v1", TrainingCourseState, Audience.PUBLIC, "No more sessions."
)

SessionPlanned = EventType(
    TRAINING_SESSION, "registry.training_session.planned.v1", TrainingSessionState, Audience.PUBLIC, "Takes enrolments."
)
SessionAmended = EventType(
    TRAINING_SESSION,
    "registry.training_session.amended.v1",
    TrainingSessionState,
    Audience.PUBLIC,
    "Place, hours or places are others.",
)
SessionCancelled = EventType(
    TRAINING_SESSION, "registry.training_session.cancelled.v1", TrainingSessionState, Audience.PUBLIC, "It is not held."
)
SessionCompleted = EventType(
    TRAINING_SESSION, "registry.training_session.completed.v1", TrainingSessionState, Audience.PUBLIC, "It is over."
)
AttendanceOpened = EventType(
    TRAINING_SESSION,
    "registry.training_session.attendance_opened.v1",
    TrainingSessionState,
    summary="The code for a meeting is shown.",
)
AttendanceClosed = EventType(
    TRAINING_SESSION,
    "registry.training_session.attendance_closed.v1",
    TrainingSessionState,
    summary="The code is shown no more.",
)

Enrolled = EventType(ENROLMENT, "registry.enrolment.enrolled.v1", EnrolmentState, summary="Somebody has a place.")
EnrolmentQueued = EventType(
    ENROLMENT, "registry.enrolment.queued.v1", EnrolmentState, summary="Somebody waits for a place."
)
EnrolmentPromoted = EventType(
    ENROLMENT, "registry.enrolment.promoted.v1", EnrolmentState, summary="Who waited first has the place that got free."
)
EnrolmentCancelled = EventType(
    ENROLMENT, "registry.enrolment.cancelled.v1", EnrolmentState, summary="The place, or the turn, was given up."
)
EnrolmentSeen = EventType(
    ENROLMENT, "registry.enrolment.seen.v1", EnrolmentState, summary="A notice on it was taken note of."
)
AttendanceRecorded = EventType(
    ENROLMENT, "registry.enrolment.attendance_recorded.v1", AttendanceData, summary="Seen at a meeting."
)
AttendanceStruck = EventType(
    ENROLMENT,
    "registry.enrolment.attendance_struck.v1",
    AttendanceStruckData,
    summary="What was recorded of a meeting was wrong.",
)
AttendanceStrikeNoted = EventType(
    ENROLMENT,
    "registry.enrolment.attendance_strike_noted.v1",
    AttendanceStruckData,
    summary="Somebody says that a meeting of a completed session was recorded wrongly; it counts until another agrees.",
)
EnrolmentAttended = EventType(
    ENROLMENT,
    "registry.enrolment.attended.v1",
    EnrolmentState,
    Audience.BUREAU,
    "Attended as much as a certificate needs.",
)
EnrolmentMissed = EventType(
    ENROLMENT, "registry.enrolment.missed.v1", EnrolmentState, summary="Attended less than that, or nothing."
)

TrainingCertificateIssued = EventType(
    TRAINING_CERTIFICATE,
    "registry.training_certificate.issued.v1",
    TrainingCertificateState,
    Audience.BUREAU,
    "A certificate was issued.",
)
TrainingCertificateRevoked = EventType(
    TRAINING_CERTIFICATE,
    "registry.training_certificate.revoked.v1",
    TrainingCertificateState,
    Audience.BUREAU,
    "It is no longer valid.",
)
