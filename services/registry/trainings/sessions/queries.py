"""Sessions as they are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.trainings import rules
from services.registry.trainings.models import Enrolment, TrainingCourse, TrainingMeeting, TrainingSession
from services.registry.trainings.sessions.schemas import TrainingMeetingOut, TrainingSessionFilter, TrainingSessionOut
from shared.http.paging import both_ways

ORDERS: Final = both_ways(
    {"planned": (TrainingSession.id,), "held": (TrainingSession.held_on, TrainingSession.id)},
)


def matching(wanted: TrainingSessionFilter) -> ColumnElement[bool]:
    """The list's filters."""
    one = TrainingSession
    exact = {one.no: wanted.no, one.course_id: wanted.course_id, one.centre_id: wanted.centre_id}
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
    if wanted.status is not None:
        conditions.append(one.status == wanted.status)
    if wanted.audience is not None:
        courses = select(TrainingCourse.id).where(TrainingCourse.audience == wanted.audience)
        conditions.append(one.course_id.in_(courses))
    if wanted.held_from is not None:
        conditions.append(one.ended_on >= wanted.held_from)
    if wanted.held_until is not None:
        conditions.append(one.held_on <= wanted.held_until)
    if (day := wanted.enrolling_on) is not None:
        conditions += [one.enrol_from <= day, one.enrol_until >= day, one.status == rules.PLANNED]
    if wanted.free is not None:
        conditions.append((one.seats_taken < one.capacity).is_(wanted.free))
    return and_(true(), *conditions)


async def shown(session: AsyncSession, found: Sequence[TrainingSession]) -> list[TrainingSessionOut]:
    """Sessions with their meetings, how many wait, and whom the course is for."""
    ids = [training.id for training in found]
    meetings: dict[UUID, list[TrainingMeetingOut]] = {}
    query = select(TrainingMeeting).where(TrainingMeeting.session_id.in_(ids)).order_by(TrainingMeeting.number)
    for one in await session.scalars(query):
        out = TrainingMeetingOut(
            number=one.number,
            held_on=one.held_on,
            starts=one.starts,
            ends=one.ends,
            attendance_open=one.salt is not None,
        )
        meetings.setdefault(one.session_id, []).append(out)
    waits = select(Enrolment.session_id, func.count()).where(
        Enrolment.session_id.in_(ids), Enrolment.status == rules.WAITING
    )
    waiting = {row[0]: row[1] for row in await session.execute(waits.group_by(Enrolment.session_id))}
    courses = select(TrainingCourse.id, TrainingCourse.audience).where(
        TrainingCourse.id.in_({training.course_id for training in found})
    )
    audiences = {row[0]: row[1] for row in await session.execute(courses)}
    return [
        TrainingSessionOut(
            id=one.id,
            version=one.version,
            no=one.no,
            course_id=one.course_id,
            audience=audiences[one.course_id],
            centre_id=one.centre_id,
            place=one.place,
            held_on=one.held_on,
            ended_on=one.ended_on,
            hours=rules.hours_of(one.minutes),
            meetings=meetings.get(one.id, []),
            capacity=one.capacity,
            places_left=one.capacity - one.seats_taken,
            waiting=waiting.get(one.id, 0),
            enrol_from=one.enrol_from,
            enrol_until=one.enrol_until,
            status=one.status,
            completed_on=one.completed_on,
            cancelled_on=one.cancelled_on,
            reason_code=one.reason_code,
        )
        for one in found
    ]
