"""Joining, being certified and leaving."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.queries import require_writable
from services.registry.persons.holding import hold_person
from services.registry.policy import edition_at, require_known
from services.registry.staff.identity import person_on_staff
from services.registry.staff.models import (
    NO_OVERLAP,
    ONE_FULL_TIME,
    ONE_FULL_TIME_PERSON,
    ONE_NUMBER,
    CentreStaff,
    StaffCertificate,
)
from services.registry.staff.queries import certificates_held, find_staff
from services.registry.staff.schemas import AddStaff, Certificate, LeaveStaff
from shared.auth.principal import Principal
from shared.db import constraint_of
from shared.errors import DomainError
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.ids import uuid7
from shared.policy.edition import Editions
from shared.sealing import Keyring

_REFUSALS = {
    NO_OVERLAP: "staff-already-there",
    ONE_FULL_TIME: "staff-full-time-elsewhere",
    ONE_FULL_TIME_PERSON: "staff-full-time-elsewhere",
    ONE_NUMBER: "certificate-already-recorded",
}


async def add_staff(
    session: AsyncSession,
    editions: Editions,
    keys: Keyring | None,
    principal: Principal,
    centre_id: UUID,
    sent: AddStaff,
) -> CentreStaff:
    """Enter somebody into a centre's register, from a day not in the future.

    Raises 404, 422, 409 `staff-person-unknown`, `staff-person-without-number`, those of naming a person,
    `staff-already-there`, `staff-full-time-elsewhere`, `certificate-already-recorded`, `person-erased`.
    """
    await require_writable(session, principal, centre_id)
    if sent.from_on > principal.today:
        raise PayloadInvalid.at("from_on", "in_the_future")
    require_known("role", [sent.role], edition_at(editions, principal.today).centre_profile.staff_roles)
    named = await person_on_staff(session, keys, principal, centre_id, sent)
    person = await hold_person(session, named.id)
    staff = CentreStaff(
        id=uuid7(),
        version=0,
        centre_id=centre_id,
        person_id=person.id,
        person_ref=person.ref,
        role=sent.role,
        full_time=sent.full_time,
        from_on=sent.from_on,
        recorded_by=principal.account_id,
    )
    session.add(staff)
    await _flush(session)
    for place, certificate in enumerate(sent.certificates):
        _certify(session, principal, staff, certificate, f"certificates.{place}.")
    await _flush(session)
    await _record(session, rc.StaffJoined, staff, principal)
    return staff


async def certify_staff(
    session: AsyncSession,
    principal: Principal,
    centre_id: UUID,
    staff_id: UUID,
    sent: Certificate,
    *,
    if_match: str | None,
) -> CentreStaff:
    """Record a certificate. Raises 404, 422, 409 `certificate-already-recorded`, `staff-has-left`."""
    await require_writable(session, principal, centre_id)
    staff = await find_staff(session, centre_id, staff_id, lock=True)
    honour_match(if_match, staff.version)
    _require_present(staff)
    _certify(session, principal, staff, sent, "")
    await _flush(session)
    await _record(session, rc.StaffCertified, staff, principal)
    return staff


async def leave_staff(
    session: AsyncSession,
    principal: Principal,
    centre_id: UUID,
    staff_id: UUID,
    sent: LeaveStaff,
    *,
    if_match: str | None,
) -> CentreStaff:
    """Enter somebody's last day. Raises 404, 422, 409 `staff-has-left`."""
    await require_writable(session, principal, centre_id)
    staff = await find_staff(session, centre_id, staff_id, lock=True)
    honour_match(if_match, staff.version)
    _require_present(staff)
    if sent.until_on > principal.today:
        raise PayloadInvalid.at("until_on", "in_the_future")
    if sent.until_on < staff.from_on:
        raise PayloadInvalid.at("until_on", "before_its_beginning")
    staff.until_on = sent.until_on
    await _record(session, rc.StaffLeft, staff, principal)
    return staff


def _require_present(staff: CentreStaff) -> None:
    if staff.until_on is not None:
        raise DomainError("staff-has-left", 409, params={"until_on": staff.until_on})


def _certify(session: AsyncSession, principal: Principal, staff: CentreStaff, sent: Certificate, where: str) -> None:
    if sent.issued_on > principal.today:
        raise PayloadInvalid.at(f"{where}issued_on", "in_the_future")
    if sent.valid_until is not None and sent.valid_until < sent.issued_on:
        raise PayloadInvalid.at(f"{where}valid_until", "before_its_beginning")
    session.add(StaffCertificate(id=uuid7(), staff_id=staff.id, **sent.model_dump()))


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        if (code := _REFUSALS.get(constraint_of(error) or "")) is not None:
            raise DomainError(code, 409, clauses=["4.1-2"]) from error
        raise


async def _record(
    session: AsyncSession, event_type: EventType[rc.StaffState], staff: CentreStaff, principal: Principal
) -> None:
    day = staff.until_on or principal.today
    if event_type is rc.StaffJoined:
        day = staff.from_on
    held, valid = await certificates_held(session, staff.id, day)
    state = rc.StaffState(
        id=staff.id,
        centre_id=staff.centre_id,
        person_ref=staff.person_ref,
        role=staff.role,
        full_time=staff.full_time,
        from_on=staff.from_on,
        until_on=staff.until_on,
        certificates=held,
        valid_certificates=valid,
    )
    context = EventContext.of(principal, day)
    await outbox.append(session, event_type, staff, state, context=context, rules=("centre.staff",))
