"""Who somebody on the staff is: a person on record, so that one person is one, under whatever centre."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import operator_code_of
from services.registry.centres.models import Centre
from services.registry.persons.models import Person
from services.registry.persons.queries import BUREAUS, read_scope
from services.registry.persons.schemas import NamedPerson
from services.registry.persons.usecases import person_of_link
from services.registry.staff.models import CentreStaff
from services.registry.staff.schemas import AddStaff
from shared.auth.principal import Principal
from shared.errors import DomainError
from shared.http.validation import Fault, PayloadInvalid
from shared.sealing import Keyring

_ONE_ENTRY = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


async def person_on_staff(
    session: AsyncSession, keys: Keyring | None, principal: Principal, centre_id: UUID, sent: AddStaff
) -> Person:
    """The person that was named, known or new.

    A reference alone names whom the caller sees or has on the staff of a centre of its own: of anybody else it does not
    tell whether there is somebody (409 `staff-person-unknown`). An operator names others by name and number together
    (422), and nobody without a number (409 `staff-person-without-number`), for he could be entered twice.
    A bureau that enters somebody new by name alone is asked about a namesake at the centre (409 `staff-namesake`).
    """
    bureau = principal.has(*BUREAUS)
    if bureau and sent.id_number is None and sent.name is not None:
        await _require_no_namesake(session, centre_id, sent)
    if sent.id_number is not None or (bureau and sent.name is not None):
        person, _ = await person_of_link(session, keys, principal, sent)
    elif sent.person_ref is not None:
        person = await _referred(session, principal, sent)
    else:
        missing = ("name", "id_number") if sent.name is None and not bureau else ("name" if bureau else "id_number",)
        raise PayloadInvalid(*(Fault(field, "missing", {}) for field in missing))
    if person.number_index is None and not bureau:
        raise DomainError("staff-person-without-number", 409, clauses=["4.1-2"])
    return person


async def _require_no_namesake(session: AsyncSession, centre_id: UUID, sent: AddStaff) -> None:
    """Two requests at the same moment wait for each other."""
    if sent.another_person or await session.scalar(select(Person.id).where(Person.ref == sent.person_ref)) is not None:
        return
    await session.execute(_ONE_ENTRY, {"name": f"registry.staff {centre_id} {sent.name}"})
    namesake = (
        select(Person.ref)
        .join(CentreStaff, CentreStaff.person_id == Person.id)
        .where(CentreStaff.centre_id == centre_id, Person.name == sent.name)
        .order_by(CentreStaff.id.desc())
        .limit(1)
    )
    reference = await session.scalar(namesake)
    if reference is not None:
        raise DomainError("staff-namesake", 409, params={"person_ref": reference}, clauses=["4.1-2"])


async def _referred(session: AsyncSession, principal: Principal, sent: NamedPerson) -> Person:
    named = or_(read_scope(principal), _on_own_staff(principal))
    person: Person | None = await session.scalar(select(Person).where(Person.ref == sent.person_ref, named))
    if person is None:
        raise DomainError("staff-person-unknown", 409, clauses=["4.1-2"])
    if sent.name is not None and sent.name != person.name:
        raise DomainError("person-not-matched", 409)
    return person


def _on_own_staff(principal: Principal) -> ColumnElement[bool]:
    own = Centre.operator_code == operator_code_of(principal)
    return exists().where(CentreStaff.person_id == Person.id, CentreStaff.centre_id == Centre.id, own)
