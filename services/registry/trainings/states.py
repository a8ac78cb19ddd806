"""Training as its events carry it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.persons.models import Person
from services.registry.remarks.usecases import keep_remark
from services.registry.trainings import rules
from services.registry.trainings.models import (
    Enrolment,
    TrainingCertificate,
    TrainingCourse,
    TrainingMeeting,
    TrainingSession,
)
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType


async def meetings_of(session: AsyncSession, training_id: UUID) -> list[TrainingMeeting]:
    """The meetings of a session in their order."""
    query = select(TrainingMeeting).where(TrainingMeeting.session_id == training_id)
    return list(await session.scalars(query.order_by(TrainingMeeting.number)))


async def refs_of(session: AsyncSession, person_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The opaque references of persons."""
    found = await session.execute(select(Person.id, Person.ref).where(Person.id.in_(set(person_ids))))
    return {row[0]: row[1] for row in found}


async def course_of(session: AsyncSession, training: TrainingSession) -> TrainingCourse:
    """The course that a session holds."""
    return await session.get_one(TrainingCourse, training.course_id)


def course_state(course: TrainingCourse, *, remark_hash: str | None = None) -> rc.TrainingCourseState:
    return rc.TrainingCourseState(
        id=course.id,
        no=course.no,
        title=course.title,
        audience=course.audience,
        centre_id=course.centre_id,
        certified=course.certified,
        status=course.status,
        published_on=course.published_on,
        closed_on=course.closed_on,
        reason_code=course.reason_code,
        remark_hash=remark_hash,
    )


async def session_state(
    session: AsyncSession, training: TrainingSession, *, remark_hash: str | None = None
) -> rc.TrainingSessionState:
    course = await course_of(session, training)
    trainer = await session.get(Person, training.trainer_id) if training.trainer_id is not None else None
    met = await meetings_of(session, training.id)
    meetings = [rc.TrainingMeetingData.model_validate(one, from_attributes=True) for one in met]
    return rc.TrainingSessionState(
        id=training.id,
        no=training.no,
        course_id=training.course_id,
        centre_id=training.centre_id,
        audience=course.audience,
        place=training.place,
        held_on=training.held_on,
        ended_on=training.ended_on,
        hours=rules.hours_of(training.minutes),
        meetings=tuple(meetings),
        capacity=training.capacity,
        enrol_from=training.enrol_from,
        enrol_until=training.enrol_until,
        status=training.status,
        trainer_ref=None if trainer is None else trainer.ref,
        completed_on=training.completed_on,
        cancelled_on=training.cancelled_on,
        reason_code=training.reason_code,
        remark_hash=remark_hash,
    )


def enrolment_state(
    enrolment: Enrolment, person_ref: str, audience: str, *, remark_hash: str | None = None
) -> rc.EnrolmentState:
    minutes = enrolment.minutes_attended
    return rc.EnrolmentState(
        id=enrolment.id,
        no=enrolment.no,
        session_id=enrolment.session_id,
        person_ref=person_ref,
        centre_id=enrolment.centre_id,
        enterprise_id=enrolment.enterprise_id,
        audience=audience,
        via=enrolment.via,
        status=enrolment.status,
        queue_no=enrolment.queue_no,
        enrolled_on=enrolment.enrolled_on,
        promoted_on=enrolment.promoted_on,
        cancelled_on=enrolment.cancelled_on,
        hours_attended=None if minutes is None else rules.hours_of(minutes),
        reason_code=enrolment.reason_code,
        remark_hash=remark_hash,
    )


async def tell_enrolment(
    session: AsyncSession,
    event_type: EventType[rc.EnrolmentState],
    enrolment: Enrolment,
    training: TrainingSession,
    context: EventContext,
    *,
    remark: str | None = None,
) -> None:
    """One enrolment's event."""
    refs = await refs_of(session, [enrolment.person_id])
    course = await course_of(session, training)
    remark_hash = await keep_remark(session, enrolment.id, step=enrolment.status, text=remark, written_by=context.actor)
    state = enrolment_state(enrolment, refs[enrolment.person_id], course.audience, remark_hash=remark_hash)
    await outbox.append(session, event_type, enrolment, state, context=context, rules=rules.ENROLMENT_RULES)


async def tell_enrolments(
    session: AsyncSession,
    event_type: EventType[rc.EnrolmentState],
    enrolments: Sequence[Enrolment],
    training: TrainingSession,
    context: EventContext,
) -> None:
    """The same event of many, whose versions the statement has raised that changed them."""
    refs = await refs_of(session, [enrolment.person_id for enrolment in enrolments])
    audience = (await course_of(session, training)).audience
    facts = [(one.id, one.version, enrolment_state(one, refs[one.person_id], audience)) for one in enrolments]
    await outbox.append_many(session, event_type, facts, context=context, rules=rules.ENROLMENT_RULES)


async def tell_session(
    session: AsyncSession,
    event_type: EventType[rc.TrainingSessionState],
    training: TrainingSession,
    context: EventContext,
    *,
    remark: str | None = None,
) -> None:
    """The session's event."""
    remark_hash = await keep_remark(session, training.id, step=training.status, text=remark, written_by=context.actor)
    state = await session_state(session, training, remark_hash=remark_hash)
    await outbox.append(session, event_type, training, state, context=context, rules=rules.COURSE_RULES)


async def certificate_state(
    session: AsyncSession, certificate: TrainingCertificate, *, remark_hash: str | None = None
) -> rc.TrainingCertificateState:
    training = await session.get_one(TrainingSession, certificate.session_id)
    course = await course_of(session, training)
    person = await session.get_one(Person, certificate.person_id)
    return rc.TrainingCertificateState(
        id=certificate.id,
        no=certificate.no,
        session_id=certificate.session_id,
        course_id=course.id,
        enrolment_id=certificate.enrolment_id,
        person_ref=person.ref,
        centre_id=certificate.centre_id,
        audience=course.audience,
        hours=rules.hours_of(certificate.minutes),
        issued_on=certificate.issued_on,
        revoked_on=certificate.revoked_on,
        reason_code=certificate.reason_code,
        remark_hash=remark_hash,
    )
