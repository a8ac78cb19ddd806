"""Enrolments as they are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.registry.access import READ_ALL
from services.registry.persons.models import Person
from services.registry.trainings import rules
from services.registry.trainings.enrolments.schemas import EnrolmentFilter, EnrolmentOut
from services.registry.trainings.models import (
    Enrolment,
    TrainingAttendance,
    TrainingCourse,
    TrainingMeeting,
    TrainingSession,
)
from services.registry.trainings.scopes import own_enrolments, reads_enrolment
from shared.auth.principal import Principal
from shared.http.paging import both_ways

ORDERS: Final = both_ways(
    {"entered": (Enrolment.id,), "place": (Enrolment.session_id, Enrolment.queue_no)},
)


def matching(principal: Principal, wanted: EnrolmentFilter) -> ColumnElement[bool]:
    """The list's scope and filters."""
    one = Enrolment
    scope = own_enrolments(principal) if wanted.mine else reads_enrolment(principal)
    exact = {
        one.no: wanted.no,
        one.session_id: wanted.session_id,
        one.status: wanted.status,
        one.via: wanted.via,
        one.enterprise_id: wanted.enterprise_id,
        one.centre_id: wanted.centre_id,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
    if wanted.audience is not None:
        courses = select(TrainingCourse.id).where(TrainingCourse.audience == wanted.audience)
        held = select(TrainingSession.id).where(TrainingSession.course_id.in_(courses))
        conditions.append(one.session_id.in_(held))
    if wanted.person_ref is not None:
        conditions.append(one.person_id.in_(select(Person.id).where(Person.ref == wanted.person_ref)))
    return and_(true(), scope, *conditions)


async def shown(session: AsyncSession, principal: Principal, found: Sequence[Enrolment]) -> list[EnrolmentOut]:
    """Enrolments with their people's masked names, the meetings attended and the place in the queue. Whether somebody
    has evaluated the session is told to nobody but those who speak for the person."""
    ids = [one.id for one in found]
    people = await session.execute(
        select(Person.id, Person.ref, Person.name, Person.erased_on).where(
            Person.id.in_({one.person_id for one in found})
        )
    )
    named = {row[0]: (row[1], None if row[3] is not None else rules.masked_name(row[2])) for row in people}
    attended: dict[UUID, list[int]] = {}
    seen = (
        select(TrainingAttendance.enrolment_id, TrainingMeeting.number)
        .join(TrainingMeeting, TrainingMeeting.id == TrainingAttendance.meeting_id)
        .where(TrainingAttendance.enrolment_id.in_(ids), TrainingAttendance.struck_at.is_(None))
    )
    for enrolment_id, number in await session.execute(seen.order_by(TrainingMeeting.number)):
        attended.setdefault(enrolment_id, []).append(number)
    struck = await _struck(session, ids)
    ahead = await _ahead(session, [one.id for one in found if one.status == rules.WAITING])
    own = set(await session.scalars(select(Enrolment.id).where(Enrolment.id.in_(ids), own_enrolments(principal))))
    return [
        EnrolmentOut(
            id=one.id,
            version=one.version,
            no=one.no,
            session_id=one.session_id,
            person_ref=named[one.person_id][0],
            name_masked=named[one.person_id][1],
            via=one.via,
            enterprise_id=one.enterprise_id,
            centre_id=one.centre_id,
            status=one.status,
            ahead=ahead.get(one.id),
            enrolled_on=one.enrolled_on,
            promoted_on=one.promoted_on,
            cancelled_on=one.cancelled_on,
            meetings_attended=attended.get(one.id, []),
            meetings_struck=[number for number, _ in struck.get(one.id, ())],
            struck_reasons=[reason for _, reason in struck.get(one.id, ())],
            hours_attended=None if one.minutes_attended is None else rules.hours_of(one.minutes_attended),
            reason_code=one.reason_code,
            evaluated=one.evaluated if one.id in own and not principal.has(*READ_ALL) else None,
            notice=one.notice,
            notice_on=one.notice_on,
        )
        for one in found
    ]


async def _struck(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[tuple[int, str]]]:
    """What was recorded of each and taken back: number of the meeting and reason."""
    query = (
        select(TrainingAttendance.enrolment_id, TrainingMeeting.number, TrainingAttendance.struck_reason)
        .join(TrainingMeeting, TrainingMeeting.id == TrainingAttendance.meeting_id)
        .where(TrainingAttendance.enrolment_id.in_(ids), TrainingAttendance.struck_reason.is_not(None))
    )
    found: dict[UUID, list[tuple[int, str]]] = {}
    rows = await session.execute(query.order_by(TrainingMeeting.number, TrainingAttendance.id))
    for enrolment_id, number, reason in rows:
        found.setdefault(enrolment_id, []).append((number, reason or ""))
    return found


async def _ahead(session: AsyncSession, waiting: Sequence[UUID]) -> dict[UUID, int]:
    """How many wait before each."""
    if not waiting:
        return {}
    other = aliased(Enrolment)
    before = (
        select(func.count())
        .where(
            other.session_id == Enrolment.session_id,
            other.status == rules.WAITING,
            other.queue_no < Enrolment.queue_no,
        )
        .correlate(Enrolment)
        .scalar_subquery()
    )
    rows = await session.execute(select(Enrolment.id, before).where(Enrolment.id.in_(waiting)))
    return {row[0]: row[1] for row in rows}
