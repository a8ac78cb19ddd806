"""Who runs training, and who sees what of it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, exists, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import READ_ALL, enterprise_code_of, operator_code_of
from services.registry.centres.models import Centre
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import known_by
from services.registry.persons.models import Person
from services.registry.trainings import rules
from services.registry.trainings.models import Enrolment, TrainingCertificate, TrainingCourse, TrainingSession
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import four_eyes_required, not_found

LEADS: Final = (r.HR_OFFICER, r.SCIENCE_OFFICER)
"""The officers of the two bureaus that 4.8-2 makes responsible; they keep every course and session."""

DECIDERS: Final = (*LEADS, r.HR_APPROVER, r.SCIENCE_APPROVER)
"""Publish what somebody else drafted, and revoke what somebody else issued."""

PARTIES: Final = (r.FOUNDER, r.ENTERPRISE, r.CENTRE_OPERATOR)
"""Enrol themselves, their people, their staff."""

TRAINERS: Final = (r.MENTOR, r.FOUNDER)
"""Accounts of a person, who may be the trainer of a session."""


def own_centres(principal: Principal) -> ColumnElement[bool]:
    """The centres that the caller runs."""
    code = operator_code_of(principal)
    return false() if code is None else Centre.operator_code == code


def keeps_course(principal: Principal) -> ColumnElement[bool]:
    """The courses that the caller drafts: a lead bureau all, an operator those of its centres."""
    if principal.has(*LEADS):
        return true()
    return TrainingCourse.centre_id.in_(select(Centre.id).where(own_centres(principal)))


def reads_course(principal: Principal) -> ColumnElement[bool]:
    """The courses that the caller sees whole, published or not."""
    return true() if principal.has(*READ_ALL) else keeps_course(principal)


def keeps_session(principal: Principal) -> ColumnElement[bool]:
    """The sessions that the caller plans, moves, completes."""
    if principal.has(*LEADS):
        return true()
    return TrainingSession.centre_id.in_(select(Centre.id).where(own_centres(principal)))


def runs_session(principal: Principal) -> ColumnElement[bool]:
    """The sessions whose attendance the caller takes: its keeper, or the trainer."""
    scopes = [keeps_session(principal)]
    if principal.person_ref is not None and principal.has(*TRAINERS):
        mine = select(Person.id).where(Person.ref == principal.person_ref)
        scopes.append(TrainingSession.trainer_id.in_(mine))
    return or_(*scopes)


def own_enrolments(principal: Principal) -> ColumnElement[bool]:
    """The caller's own, those of its enterprise's people, and of its centres' staff."""
    scopes: list[ColumnElement[bool]] = [false()]
    if principal.person_ref is not None:
        scopes.append(Enrolment.person_id.in_(select(Person.id).where(Person.ref == principal.person_ref)))
    if (code := enterprise_code_of(principal)) is not None:
        scopes.append(Enrolment.enterprise_id.in_(select(Enterprise.id).where(known_by(code))))
    if operator_code_of(principal) is not None:
        scopes.append(Enrolment.centre_id.in_(select(Centre.id).where(own_centres(principal))))
    return or_(*scopes)


def reads_enrolment(principal: Principal) -> ColumnElement[bool]:
    """One's own, and the people of the sessions that one runs; the bureaus and the auditor all."""
    if principal.has(*READ_ALL):
        return true()
    run = exists().where(TrainingSession.id == Enrolment.session_id, runs_session(principal))
    return or_(own_enrolments(principal), run)


def reads_certificate(principal: Principal) -> ColumnElement[bool]:
    """As the enrolment it was issued for."""
    if principal.has(*READ_ALL):
        return true()
    return exists().where(Enrolment.id == TrainingCertificate.enrolment_id, reads_enrolment(principal))


async def find_course(session: AsyncSession, principal: Principal, course_id: UUID) -> Row[TrainingCourse, bool]:
    """A course, and whether the caller sees it whole. Raises 404."""
    whole = reads_course(principal)
    query = select(TrainingCourse, whole.label("whole")).where(
        TrainingCourse.id == course_id, or_(whole, TrainingCourse.status.in_(rules.OPEN_TO_ALL))
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise not_found("training-course")
    return row


async def find_whole_course(session: AsyncSession, principal: Principal, course_id: UUID) -> TrainingCourse:
    """A course that the caller sees whole. Raises 404."""
    query = select(TrainingCourse).where(TrainingCourse.id == course_id, reads_course(principal))
    course: TrainingCourse | None = await session.scalar(query)
    if course is None:
        raise not_found("training-course")
    return course


async def lock_course(session: AsyncSession, scope: ColumnElement[bool], course_id: UUID) -> TrainingCourse:
    """A course of the scope, locked. Raises 404."""
    query = select(TrainingCourse).where(TrainingCourse.id == course_id, scope).with_for_update()
    course: TrainingCourse | None = await session.scalar(query)
    if course is None:
        raise not_found("training-course")
    return course


async def find_session(session: AsyncSession, training_id: UUID) -> TrainingSession:
    """A session; its course is published, so everybody reads it. Raises 404."""
    training = await session.get(TrainingSession, training_id)
    if training is None:
        raise not_found("training-session")
    return training


async def require_not_running(session: AsyncSession, principal: Principal, training: TrainingSession) -> None:
    """403 `four-eyes-required` for whoever runs the session: it neither counts people by its own code nor judges what
    it gave itself."""
    run = select(TrainingSession.id).where(TrainingSession.id == training.id, runs_session(principal))
    if await session.scalar(run) is not None:
        raise four_eyes_required()


async def find_session_kept(session: AsyncSession, principal: Principal, training_id: UUID) -> TrainingSession:
    """A session that the caller keeps, runs or reads as a bureau. Raises 404."""
    scope = true() if principal.has(*READ_ALL) else runs_session(principal)
    query = select(TrainingSession).where(TrainingSession.id == training_id, scope)
    training: TrainingSession | None = await session.scalar(query)
    if training is None:
        raise not_found("training-session")
    return training


async def lock_session(session: AsyncSession, scope: ColumnElement[bool], training_id: UUID) -> TrainingSession:
    """A session of the scope, locked and as it stands now: places are given away under this lock. Raises 404."""
    query = select(TrainingSession).where(TrainingSession.id == training_id, scope)
    locked = query.with_for_update(of=TrainingSession).execution_options(populate_existing=True)
    training: TrainingSession | None = await session.scalar(locked)
    if training is None:
        raise not_found("training-session")
    return training


async def find_enrolment(session: AsyncSession, principal: Principal, enrolment_id: UUID) -> Enrolment:
    """An enrolment that the caller reads. Raises 404."""
    query = select(Enrolment).where(Enrolment.id == enrolment_id, reads_enrolment(principal))
    enrolment: Enrolment | None = await session.scalar(query)
    if enrolment is None:
        raise not_found("enrolment")
    return enrolment


async def find_certificate(session: AsyncSession, principal: Principal, certificate_id: UUID) -> TrainingCertificate:
    """A certificate that the caller reads. Raises 404."""
    query = select(TrainingCertificate).where(TrainingCertificate.id == certificate_id, reads_certificate(principal))
    certificate: TrainingCertificate | None = await session.scalar(query)
    if certificate is None:
        raise not_found("training-certificate")
    return certificate


async def lock_own_enrolment(
    session: AsyncSession, principal: Principal, training_id: UUID, enrolment_id: UUID | None
) -> Enrolment | None:
    """The open or past enrolment that the caller speaks for in a session, locked: its own, or, named by its id, one of
    its enterprise's people or its centres' staff. None where there is none."""
    mine = select(Person.id).where(Person.ref == principal.person_ref)
    whose = Enrolment.person_id.in_(mine) if enrolment_id is None else Enrolment.id == enrolment_id
    query = select(Enrolment).where(
        and_(Enrolment.session_id == training_id, whose, own_enrolments(principal), Enrolment.status != rules.CANCELLED)
    )
    locked = query.with_for_update(of=Enrolment).execution_options(populate_existing=True)
    enrolment: Enrolment | None = await session.scalar(locked)
    return enrolment
