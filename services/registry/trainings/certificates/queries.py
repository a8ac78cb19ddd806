"""Certificates as they are read, by those concerned and by everybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.persons.consents import consented
from services.registry.persons.models import Person
from services.registry.trainings import rules
from services.registry.trainings.certificates.schemas import (
    TrainingCertificateFilter,
    TrainingCertificateOut,
    VerifiedOut,
)
from services.registry.trainings.enrolments.usecases import PURPOSE
from services.registry.trainings.models import TrainingCertificate, TrainingCourse, TrainingSession
from services.registry.trainings.scopes import reads_certificate
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import both_ways

ORDERS: Final = both_ways({"issued": (TrainingCertificate.id,)})


def matching(principal: Principal, wanted: TrainingCertificateFilter) -> ColumnElement[bool]:
    """The list's scope and filters."""
    one = TrainingCertificate
    exact = {one.no: wanted.no, one.session_id: wanted.session_id, one.centre_id: wanted.centre_id}
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
    if wanted.audience is not None:
        courses = select(TrainingCourse.id).where(TrainingCourse.audience == wanted.audience)
        held = select(TrainingSession.id).where(TrainingSession.course_id.in_(courses))
        conditions.append(one.session_id.in_(held))
    if wanted.person_ref is not None:
        conditions.append(one.person_id.in_(select(Person.id).where(Person.ref == wanted.person_ref)))
    if wanted.valid is not None:
        conditions.append(one.revoked_on.is_(None) if wanted.valid else one.revoked_on.is_not(None))
    if wanted.issued_from is not None:
        conditions.append(one.issued_on >= wanted.issued_from)
    if wanted.issued_until is not None:
        conditions.append(one.issued_on <= wanted.issued_until)
    return and_(true(), reads_certificate(principal), *conditions)


async def shown(session: AsyncSession, found: Sequence[TrainingCertificate]) -> list[TrainingCertificateOut]:
    """Certificates with their holders' masked names."""
    ids = {one.person_id for one in found}
    people = await session.execute(
        select(Person.id, Person.ref, Person.name, Person.erased_on).where(Person.id.in_(ids))
    )
    named = {row[0]: (row[1], None if row[3] is not None else rules.masked_name(row[2])) for row in people}
    return [
        TrainingCertificateOut(
            id=one.id,
            version=one.version,
            no=one.no,
            session_id=one.session_id,
            enrolment_id=one.enrolment_id,
            person_ref=named[one.person_id][0],
            name_masked=named[one.person_id][1],
            centre_id=one.centre_id,
            hours=rules.hours_of(one.minutes),
            valid=one.revoked_on is None,
            issued_on=one.issued_on,
            issued_by=one.issued_by,
            revoked_on=one.revoked_on,
            reason_code=one.reason_code,
            decision=one.decision,
        )
        for one in found
    ]


async def verified(session: AsyncSession, number: str, day: date) -> VerifiedOut:
    """The certificate of a number, to whoever asks: nothing of the person but its masked name, and that only while the
    consent runs. Raises 404 for a number that nobody has, in the same words whatever is wrong with it."""
    one, training, course = TrainingCertificate, TrainingSession, TrainingCourse
    agreed = consented(one.person_id, PURPOSE, day, subject_id=one.enrolment_id)
    query = (
        select(one, training, course, Person.name, and_(agreed, Person.erased_on.is_(None)))
        .join(training, training.id == one.session_id)
        .join(course, course.id == training.course_id)
        .join(Person, Person.id == one.person_id)
        .where(one.no == number)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise not_found("training-certificate")
    certificate, held, taught, name, may_name = row
    return VerifiedOut(
        no=certificate.no,
        holder=rules.masked_name(name) if may_name else None,
        course=taught.title,
        audience=taught.audience,
        hours=rules.hours_of(certificate.minutes),
        held_on=held.held_on,
        ended_on=held.ended_on,
        issued_on=certificate.issued_on,
        valid=certificate.revoked_on is None,
        revoked_on=certificate.revoked_on,
    )
