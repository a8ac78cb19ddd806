"""What the registers around the centres keep."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from deploy.demo.tables.base import Row


class CentreActivity(Row):
    """An activity of a centre: entered and reported with a photograph by its operator, verified by a bureau."""

    file: ClassVar[str] = "centre-activities.csv"

    centre: str
    title: str
    level: str
    place: str
    held_on: date
    heads: int
    reported_on: date
    verified_on: date


class Mentor(Row):
    """A mentor, proposed by an officer with its consent on paper and appointed by an approver of the labour bureau."""

    file: ClassVar[str] = "mentors.csv"

    person_ref: str
    name: str
    id_number: str
    field: str
    organisation: str
    consent_no: str
    proposed_on: date
    appointed_on: date
    document_no: str


class MentorSession(Row):
    """A mentor's work at a centre: linked to it, and an enterprise advised that confirms it."""

    file: ClassVar[str] = "mentor-sessions.csv"

    mentor: str
    centre: str
    enterprise: str
    linked_on: date
    held_on: date
    field: str
    topic: str
    confirmed_on: date


class StaffMember(Row):
    """Somebody who works full-time for a centre; `course` is the one attended, if any."""

    file: ClassVar[str] = "centre-staff.csv"

    centre: str
    person_ref: str
    name: str
    id_number: str
    role: str
    from_on: date
    course: str | None
    consent_no: str | None


class Training(Row):
    """A course for the staff of centres with its one session: drafted by one person, published by another; signed in on
    paper, completed and certified by a third."""

    file: ClassVar[str] = "trainings.csv"

    title: str
    summary: str
    place: str
    drafted_on: date
    published_on: date
    planned_on: date
    held_on: date
    completed_on: date
    certified_on: date
    capacity: int
