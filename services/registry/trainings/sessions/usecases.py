"""The steps of a session: planned, moved, cancelled, completed (4.8-2)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from sqlalchemy import delete, exists, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.rules import require_state
from services.registry.persons.models import Person
from services.registry.policy import edition_at, require_known
from services.registry.steps import CaseStep, step_day
from services.registry.trainings import rules
from services.registry.trainings.courses.usecases import require_centre
from services.registry.trainings.enrolments import seats
from services.registry.trainings.models import TrainingAttendance, TrainingMeeting, TrainingSession
from services.registry.trainings.scopes import keeps_session, lock_course, lock_session
from services.registry.trainings.sessions.schemas import AmendTraining, Meeting, PlanTraining
from services.registry.trainings.states import tell_session
from shared.auth.principal import Principal
from shared.errors import DomainError
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match, require_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Editions

_DAY = timedelta(days=1)


async def plan_session(session: AsyncSession, principal: Principal, sent: PlanTraining) -> TrainingSession:
    """Plan a session of a published course (409), at a centre of one's own or, for a lead bureau, anywhere.

    Raises 404 for an unknown course or somebody else's centre, 422 for meetings that overlap or lie in the past and for
    an enrolment that ends after the first meeting.
    """
    await require_centre(session, principal, sent.centre_id)
    course = await lock_course(session, true(), sent.course_id)
    require_state(course.status, (rules.PUBLISHED,))
    if course.centre_id is not None and course.centre_id != sent.centre_id:
        raise DomainError("training-of-another-centre", 409, clauses=["4.8-2"])
    _require_meetings(principal, sent.meetings)
    first = min(one.held_on for one in sent.meetings)
    training = TrainingSession(
        id=uuid7(),
        version=0,
        course_id=course.id,
        centre_id=sent.centre_id,
        place=sent.place,
        capacity=sent.capacity,
        seats_taken=0,
        queue_last=0,
        enrol_from=sent.enrol_from or min(principal.today, first),
        enrol_until=sent.enrol_until or max(first - _DAY, min(principal.today, first)),
        status=rules.PLANNED,
        trainer_id=await _trainer(session, sent.trainer_ref),
        planned_by=principal.account_id,
        no=await next_case_no(session, "TS", principal.today.year),
    )
    _put_days(training, sent.meetings)
    _require_window(training)
    session.add(training)
    await session.flush()
    _add_meetings(session, training, sent.meetings)
    await session.flush()
    await tell_session(session, rc.SessionPlanned, training, EventContext.of(principal))
    return training


async def amend_session(
    session: AsyncSession, principal: Principal, training_id: UUID, sent: AmendTraining, *, if_match: str | None
) -> TrainingSession:
    """Change place, hours, places or trainer before it is over. Those enrolled are told of another place or hour; those
    who wait move up where there are more places.

    Raises 409 `training-capacity-taken` for fewer places than are taken, `attendance-already-taken` for other hours
    after somebody was seen.
    """
    training = await lock_session(session, keeps_session(principal), training_id)
    require_match(if_match, training.version)
    require_state(training.status, (rules.PLANNED,))
    fields = sent.model_fields_set
    for name in fields - {"trainer_ref"}:
        if getattr(sent, name) is None:
            raise PayloadInvalid.at(name, "missing")
    if sent.capacity is not None and sent.capacity < training.seats_taken:
        raise DomainError("training-capacity-taken", 409, params={"taken": training.seats_taken}, clauses=["4.8-2"])
    if sent.meetings is not None:
        await _replace_meetings(session, principal, training, sent.meetings)
    for name in ("place", "capacity", "enrol_from", "enrol_until"):
        if getattr(sent, name) is not None:
            setattr(training, name, getattr(sent, name))
    if "trainer_ref" in fields:
        training.trainer_id = await _trainer(session, sent.trainer_ref)
    _require_window(training)
    await session.flush()
    context = EventContext.of(principal)
    await tell_session(session, rc.SessionAmended, training, context)
    if fields & {"place", "meetings"}:
        await seats.notify(session, training, rules.MOVED, principal.today)
    await seats.promote(session, training, context)
    return training


async def cancel_session(
    session: AsyncSession, editions: Editions, principal: Principal, training_id: UUID, step: CaseStep
) -> TrainingSession:
    """It is not held: everybody enrolled or waiting is cancelled in the same transaction and told so."""
    training = await lock_session(session, keeps_session(principal), training_id)
    honour_match(step.if_match, training.version)
    require_state(training.status, (rules.PLANNED,))
    known = edition_at(editions, principal.today).training.cancel_reasons
    require_known("reason_code", [step.reason_code or ""], known)
    training.status = rules.CANCELLED
    training.cancelled_on = step_day(principal, step.on, after=None)
    training.reason_code = step.reason_code
    context = EventContext.of(principal, training.cancelled_on)
    await close_screens(session, training)
    await tell_session(session, rc.SessionCancelled, training, context, remark=step.remark)
    await seats.cancel_open(session, training, context, rules.OPEN, "session_cancelled", notice=rules.SESSION_CANCELLED)
    return training


async def complete_session(
    session: AsyncSession, editions: Editions, principal: Principal, training_id: UUID, step: CaseStep
) -> TrainingSession:
    """After the last meeting: who was there for the edition's share has attended, the others have missed it, and
    whoever still waits is let go. Raises 409 `training-not-over`."""
    training = await lock_session(session, keeps_session(principal), training_id)
    honour_match(step.if_match, training.version)
    require_state(training.status, (rules.PLANNED,))
    day = step_day(principal, step.on, after=None)
    if day < training.ended_on:
        raise DomainError("training-not-over", 409, params={"ended_on": training.ended_on}, clauses=["4.8-2"])
    training.status = rules.COMPLETED
    training.completed_on, training.completed_by = day, principal.account_id
    context = EventContext.of(principal, day)
    await close_screens(session, training)
    await tell_session(session, rc.SessionCompleted, training, context)
    percent = edition_at(editions, training.ended_on).training.certificate_percent.value
    await seats.settle(session, training, context, percent)
    await seats.cancel_open(session, training, context, (rules.WAITING,), "no_place")
    return training


async def close_screens(session: AsyncSession, training: TrainingSession) -> None:
    """No code of the session is good any more."""
    query = select(TrainingMeeting).where(TrainingMeeting.session_id == training.id, TrainingMeeting.salt.is_not(None))
    for meeting in await session.scalars(query.with_for_update()):
        meeting.salt = None


async def _replace_meetings(
    session: AsyncSession, principal: Principal, training: TrainingSession, meetings: list[Meeting]
) -> None:
    if await session.scalar(select(exists().where(TrainingAttendance.session_id == training.id))):
        raise DomainError("attendance-already-taken", 409, clauses=["4.8-2"])
    _require_meetings(principal, meetings)
    await session.execute(delete(TrainingMeeting).where(TrainingMeeting.session_id == training.id))
    _put_days(training, meetings)
    _add_meetings(session, training, meetings)


async def _trainer(session: AsyncSession, reference: str | None) -> UUID | None:
    if reference is None:
        return None
    query = select(Person.id).where(Person.ref == reference, Person.erased_on.is_(None))
    person_id: UUID | None = await session.scalar(query.with_for_update(read=True))
    if person_id is None:
        raise PayloadInvalid.at("trainer_ref", "person_unknown")
    return person_id


def _require_meetings(principal: Principal, meetings: list[Meeting]) -> None:
    ordered = sorted(meetings, key=lambda one: (one.held_on, one.starts))
    if any(one.ends <= one.starts for one in ordered):
        raise PayloadInvalid.at("meetings", "meeting_backwards")
    if any(one.held_on == after.held_on and one.ends > after.starts for one, after in pairwise(ordered)):
        raise PayloadInvalid.at("meetings", "meetings_overlap")
    if ordered[0].held_on < principal.today:
        raise PayloadInvalid.at("meetings", "in_the_past")


def _require_window(training: TrainingSession) -> None:
    if training.enrol_until < training.enrol_from:
        raise PayloadInvalid.at("enrol_until", "before_the_beginning")
    if training.enrol_until > training.held_on:
        raise PayloadInvalid.at("enrol_until", "after_the_first_meeting")


def _put_days(training: TrainingSession, meetings: list[Meeting]) -> None:
    days = [one.held_on for one in meetings]
    training.held_on, training.ended_on = min(days), max(days)
    training.minutes = sum(minutes_of(one) for one in meetings)
    if training.minutes == 0:
        raise PayloadInvalid.at("meetings", "before_the_beginning")


def _add_meetings(session: AsyncSession, training: TrainingSession, meetings: list[Meeting]) -> None:
    ordered = sorted(meetings, key=lambda one: (one.held_on, one.starts))
    session.add_all(
        TrainingMeeting(id=uuid7(), session_id=training.id, number=number, **one.model_dump())
        for number, one in enumerate(ordered, start=1)
    )


def minutes_of(meeting: Meeting | TrainingMeeting) -> int:
    """How long a meeting lasts, whole minutes."""
    day = date.min
    length = datetime.combine(day, meeting.ends) - datetime.combine(day, meeting.starts)
    return int(length.total_seconds()) // 60
