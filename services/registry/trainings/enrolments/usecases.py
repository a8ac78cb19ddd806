"""Enrolling, giving up, and taking note (4.8-2).

Whoever enrols locks the person first (its consent is recorded) and the session after it; places are given away under
the session's lock, and the database counts them once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import enterprise_code_of, operator_code_of, person_of
from services.registry.centres.models import Centre
from services.registry.centres.rules import require_state
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import known_by
from services.registry.persons.consents import give_consent
from services.registry.persons.contacts import person_with_contact
from services.registry.persons.models import Person
from services.registry.policy import edition_at, require_known, require_passed
from services.registry.staff.models import CentreStaff
from services.registry.steps import CaseStep
from services.registry.trainings import rules
from services.registry.trainings.enrolments import seats
from services.registry.trainings.enrolments.schemas import Enrol
from services.registry.trainings.models import Enrolment, TrainingSession
from services.registry.trainings.scopes import (
    LEADS,
    find_session,
    keeps_session,
    lock_session,
    own_centres,
    own_enrolments,
)
from services.registry.trainings.states import course_of, tell_enrolment
from shared.auth.principal import Principal
from shared.errors import DomainError, not_found
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.ids import uuid7
from shared.runtime import Runtime
from shared.sealing import Keyring

PURPOSE = "training"
SUBJECT = "enrolment"
SYSTEM_REASONS = ("consent_withdrawn", "session_cancelled", "no_place", "erased")
"""Reasons that follow from something else and are nobody's to give."""


@dataclass(frozen=True, slots=True)
class _Applicant:
    """Who is enrolled, by whom, and for whom it counts."""

    person: Person
    via: str
    enterprise_id: UUID | None = None
    centre_id: UUID | None = None


async def enrol(
    session: AsyncSession,
    runtime: Runtime,
    keys: Keyring | None,
    principal: Principal,
    training_id: UUID,
    sent: Enrol,
) -> Enrolment:
    """Enrol somebody: on a place while there is one and nobody waits for it, else at the end of the waiting list.

    Raises 404 for an unknown session, 409 `training-already-enrolled` whichever way the person was enrolled before, and
    with the decision outside of the enrolment or for somebody whom the course is not for; 422 without the consent.
    """
    await find_session(session, training_id)
    who = await _applicant(session, runtime, keys, principal, sent)
    enrolment_id = uuid7()
    await _consent(session, principal, who, sent, enrolment_id)
    training = await lock_session(session, true(), training_id)
    require_state(training.status, (rules.PLANNED,))
    centre_id = who.centre_id or await _centre_of(session, who.person.id, principal.today)
    course = await course_of(session, training)
    require_passed(
        rules.decide_enrolment(
            edition_at(runtime.editions, principal.today),
            day=principal.today,
            enrol_from=training.enrol_from,
            enrol_until=training.enrol_until,
            audience=course.audience,
            on_staff=centre_id is not None,
        )
    )
    await _require_once(session, training, who.person)
    training.queue_last += 1
    free = training.seats_taken < training.capacity and not await _somebody_waits(session, training)
    enrolment = Enrolment(
        id=enrolment_id,
        version=0,
        no=f"{training.no}-{training.queue_last:03d}",
        session_id=training.id,
        person_id=who.person.id,
        via=who.via,
        enterprise_id=who.enterprise_id,
        centre_id=centre_id if course.audience == rules.CENTRE_STAFF or who.via == rules.CENTRE else None,
        status=rules.ENROLLED if free else rules.WAITING,
        queue_no=training.queue_last,
        enrolled_by=principal.account_id,
        enrolled_on=principal.today,
        evaluated=False,
    )
    session.add(enrolment)
    await session.flush()
    happened = rc.Enrolled if free else rc.EnrolmentQueued
    await tell_enrolment(session, happened, enrolment, training, EventContext.of(principal))
    return enrolment


async def cancel_enrolment(
    session: AsyncSession, runtime: Runtime, principal: Principal, enrolment_id: UUID, step: CaseStep
) -> Enrolment:
    """Give a place or a turn up, until the session is over; who waits first moves up in the same transaction. The party
    itself only through the first day: later it is the trainer's side that says who was there."""
    scope = _cancels(principal)
    found = await session.scalar(select(Enrolment.session_id).where(Enrolment.id == enrolment_id, scope))
    if found is None:
        raise not_found("enrolment")
    training = await lock_session(session, true(), found)
    enrolment = await session.get_one(Enrolment, enrolment_id, with_for_update=True, populate_existing=True)
    honour_match(step.if_match, enrolment.version)
    require_state(enrolment.status, rules.OPEN)
    known = edition_at(runtime.editions, principal.today).training.withdrawal_reasons
    require_known("reason_code", [step.reason_code or ""], [word for word in known if word not in SYSTEM_REASONS])
    if principal.today > training.held_on and not await _keeps(session, principal, training):
        raise DomainError("training-has-begun", 409, params={"held_on": training.held_on}, clauses=["4.8-2"])
    await withdraw(session, enrolment, training, EventContext.of(principal), step.reason_code or "", step.remark)
    return enrolment


async def withdraw(
    session: AsyncSession,
    enrolment: Enrolment,
    training: TrainingSession,
    context: EventContext,
    reason_code: str,
    remark: str | None = None,
) -> None:
    """Cancel one open enrolment of a locked session and give its place away."""
    enrolment.status = rules.CANCELLED
    enrolment.cancelled_on = context.effective_on
    enrolment.reason_code = reason_code
    await session.flush()
    await tell_enrolment(session, rc.EnrolmentCancelled, enrolment, training, context, remark=remark)
    await seats.promote(session, training, context)


async def acknowledge(
    session: AsyncSession, principal: Principal, enrolment_id: UUID, if_match: str | None
) -> Enrolment:
    """The enrolee, or the party that speaks for it, has taken note; twice changes nothing. Raises 404."""
    query = select(Enrolment).where(Enrolment.id == enrolment_id, own_enrolments(principal))
    enrolment: Enrolment | None = await session.scalar(query.with_for_update(of=Enrolment))
    if enrolment is None:
        raise not_found("enrolment")
    honour_match(if_match, enrolment.version)
    if enrolment.notice is not None:
        enrolment.notice = enrolment.notice_on = None
        training = await find_session(session, enrolment.session_id)
        await tell_enrolment(session, rc.EnrolmentSeen, enrolment, training, EventContext.of(principal))
    return enrolment


async def _applicant(
    session: AsyncSession, runtime: Runtime, keys: Keyring | None, principal: Principal, sent: Enrol
) -> _Applicant:
    office = principal.has(*LEADS)
    code = enterprise_code_of(principal)
    if sent.enterprise_id is not None and not office and code is None:
        raise PayloadInvalid.at("enterprise_id", "for_enterprises_and_offices")
    if sent.staff_id is not None:
        return await _of_staff(session, principal, sent.staff_id, office=office)
    named = sent.person_ref is not None or sent.name is not None or sent.id_number is not None
    if not named:
        return await _oneself(session, principal)
    if not office and code is None:
        raise PayloadInvalid.at("staff_id" if operator_code_of(principal) else "consent", "missing")
    whose = Enterprise.id == sent.enterprise_id if office else known_by(code or "")
    enterprise_id = None
    if not office or sent.enterprise_id is not None:
        found = select(Enterprise.id).where(whose, Enterprise.merged_into_id.is_(None))
        if sent.enterprise_id is not None:
            found = found.where(Enterprise.id == sent.enterprise_id)
        enterprise_id = await session.scalar(found)
        if enterprise_id is None:
            raise not_found("enterprise")
    person, _ = await person_with_contact(session, runtime, keys, principal, sent)
    return _Applicant(person, rules.OFFICE if office else rules.ENTERPRISE, enterprise_id=enterprise_id)


async def _oneself(session: AsyncSession, principal: Principal) -> _Applicant:
    """The founder who asks; anybody else has to name somebody (422)."""
    reference = person_of(principal)
    if reference is None:
        raise PayloadInvalid.at("staff_id" if operator_code_of(principal) else "name", "missing")
    person: Person | None = await session.scalar(select(Person).where(Person.ref == reference))
    if person is None:
        raise DomainError("training-person-unknown", 409, clauses=["4.8-2"])
    return _Applicant(person, rules.SELF)


async def _of_staff(session: AsyncSession, principal: Principal, staff_id: UUID, *, office: bool) -> _Applicant:
    """Somebody on the register of one's own centre on this day; a bureau names anybody's. Raises 404."""
    own = true() if office else CentreStaff.centre_id.in_(select(Centre.id).where(own_centres(principal)))
    query = select(CentreStaff).where(CentreStaff.id == staff_id, own, _works(principal.today))
    staff: CentreStaff | None = await session.scalar(query)
    if staff is None or staff.person_id is None:
        raise not_found("staff")
    person = await session.get_one(Person, staff.person_id)
    return _Applicant(person, rules.OFFICE if office else rules.CENTRE, centre_id=staff.centre_id)


async def _consent(
    session: AsyncSession, principal: Principal, who: _Applicant, sent: Enrol, enrolment_id: UUID
) -> None:
    """The person agrees itself, or on the paper that whoever enrols it names (422)."""
    if who.via == rules.SELF and not sent.consent:
        raise PayloadInvalid.at("consent", "consent_needed")
    if who.via != rules.SELF and sent.consent_document_no is None:
        raise PayloadInvalid.at("consent_document_no", "missing")
    await give_consent(
        session,
        principal,
        who.person,
        PURPOSE,
        given_on=principal.today,
        channel="own_account" if who.via == rules.SELF else "paper",
        subject_kind=SUBJECT,
        subject_id=enrolment_id,
        document_no=sent.consent_document_no,
    )


async def _centre_of(session: AsyncSession, person_id: UUID, day: date) -> UUID | None:
    query = select(CentreStaff.centre_id).where(CentreStaff.person_id == person_id, _works(day))
    centre_id: UUID | None = await session.scalar(query.order_by(CentreStaff.full_time.desc(), CentreStaff.id).limit(1))
    return centre_id


def _works(day: date) -> ColumnElement[bool]:
    return and_(CentreStaff.from_on <= day, or_(CentreStaff.until_on.is_(None), CentreStaff.until_on >= day))


async def _require_once(session: AsyncSession, training: TrainingSession, person: Person) -> None:
    same = select(Enrolment.id, Enrolment.no).where(
        Enrolment.session_id == training.id, Enrolment.person_id == person.id, Enrolment.status != rules.CANCELLED
    )
    first = (await session.execute(same)).one_or_none()
    if first is not None:
        params = {"no": first.no, "id": first.id}
        headers = {"Location": f"/v1/training-enrolments/{first.id}"}
        raise DomainError("training-already-enrolled", 409, params=params, headers=headers, clauses=["4.8-2"])


async def _somebody_waits(session: AsyncSession, training: TrainingSession) -> bool:
    waits = exists().where(Enrolment.session_id == training.id, Enrolment.status == rules.WAITING)
    return bool(await session.scalar(select(waits)))


def _cancels(principal: Principal) -> ColumnElement[bool]:
    kept = exists().where(TrainingSession.id == Enrolment.session_id, keeps_session(principal))
    return or_(own_enrolments(principal), kept)


async def _keeps(session: AsyncSession, principal: Principal, training: TrainingSession) -> bool:
    query = select(TrainingSession.id).where(TrainingSession.id == training.id, keeps_session(principal))
    return await session.scalar(query) is not None
