"""The states of training, and what a certificate needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from shared.policy.decision import Decision
from shared.policy.edition import Edition

FOUNDERS: Final = "founders"
CENTRE_STAFF: Final = "centre_staff"
AUDIENCES: Final = (FOUNDERS, CENTRE_STAFF)

DRAFT: Final = "draft"
PUBLISHED: Final = "published"
CLOSED: Final = "closed"
COURSE_STATUSES: Final = (DRAFT, PUBLISHED, CLOSED)
OPEN_TO_ALL: Final = (PUBLISHED, CLOSED)
"""Courses that everybody reads."""

PLANNED: Final = "planned"
COMPLETED: Final = "completed"
CANCELLED: Final = "cancelled"
SESSION_STATUSES: Final = (PLANNED, COMPLETED, CANCELLED)

ENROLLED: Final = "enrolled"
WAITING: Final = "waiting"
ATTENDED: Final = "attended"
MISSED: Final = "missed"
ENROLMENT_STATUSES: Final = (ENROLLED, WAITING, ATTENDED, MISSED, CANCELLED)
SEATED: Final = (ENROLLED, ATTENDED, MISSED)
"""Those that take a place; the database counts them (see `training_session.seats_taken`)."""
OPEN: Final = (ENROLLED, WAITING)

SELF: Final = "self"
ENTERPRISE: Final = "enterprise"
CENTRE: Final = "centre"
OFFICE: Final = "office"
WAYS: Final = (SELF, ENTERPRISE, CENTRE, OFFICE)

QR: Final = "qr"
HAND: Final = "hand"

PROMOTED: Final = "promoted"
MOVED: Final = "moved"
SESSION_CANCELLED: Final = "session_cancelled"
ATTENDANCE_STRUCK: Final = "attendance_struck"
NOTICES: Final = (PROMOTED, MOVED, SESSION_CANCELLED, ATTENDANCE_STRUCK)
"""What an enrolee is told, until somebody has taken note of it."""

ENROLMENT_RULES: Final = ("training.enrolment",)
ATTENDANCE_RULES: Final = ("training.attendance",)
COURSE_RULES: Final = ("training.courses",)
FOUR_EYES: Final = ("training.courses", "training.four_eyes")
CERTIFICATE_RULES: Final = ("training.certificate",)

_MINUTES: Final = 60


def hours_of(minutes: int) -> Decimal:
    """Hours with two places, as they are shown."""
    return (Decimal(minutes) / _MINUTES).quantize(Decimal("0.01"))


def attended_enough(attended: int, whole: int, percent: int) -> bool:
    """4.8-2: at least `percent` of the session's minutes; who was never there has not attended, whatever the share."""
    return attended > 0 and attended * 100 >= whole * percent


def decide_certificate(edition: Edition, *, attended: int, whole: int) -> Decision:
    """4.8-2: a certificate is for those who attended the edition's share of the session. Minutes."""
    percent = edition.training.certificate_percent
    passed = attended_enough(attended, whole, percent.value)
    return edition.decision(
        edition.result(
            "training.certificate",
            passed,
            {"hours_attended": str(hours_of(attended)), "hours": str(hours_of(whole))},
            limit=percent.value,
            message="training-attended-enough" if passed else "training-attended-too-little",
            clause=percent.clause,
        )
    )


def decide_enrolment(
    edition: Edition, *, day: date, enrol_from: date, enrol_until: date, audience: str, on_staff: bool
) -> Decision:
    """4.8-2: within the days of enrolment, and by the course's audience: founders' courses are open to whoever is
    enrolled as one, those for the staff to who works for a centre on that day."""
    fits = audience != CENTRE_STAFF or on_staff
    within = enrol_from <= day <= enrol_until
    return edition.decision(
        edition.result(
            "training.enrolment",
            within,
            {"day": day, "enrol_from": enrol_from, "enrol_until": enrol_until},
            message="training-enrolment-open" if within else "training-enrolment-not-open",
        ),
        edition.result(
            "training.audience",
            fits,
            {"audience": audience, "on_staff": on_staff},
            message="training-audience-fits" if fits else "training-staff-only",
        ),
    )


def masked_name(name: str) -> str:
    """The first character and a star for each other, at most three: enough to compare with a paper in the hand."""
    return name[:1] + "*" * min(max(len(name) - 1, 1), 3)


def average(scores: Sequence[int]) -> Decimal:
    """Two places."""
    return (Decimal(sum(scores)) / len(scores)).quantize(Decimal("0.01"))
