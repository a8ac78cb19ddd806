"""Persons: known once, by their number or their reference; corrected, shown whole for a reason, graduates confirmed."""

from __future__ import annotations

import secrets
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS, operator_code_of
from services.registry.changes import put, unchanged
from services.registry.persons.holding import require_not_erased
from services.registry.persons.models import Graduation, Person
from services.registry.persons.numbers import checked_number, number_of, seal_into
from services.registry.persons.queries import BUREAUS, find, is_graduate, sees
from services.registry.persons.schemas import AmendPerson, NamedPerson, RecordGraduation, RevealNumber
from services.registry.policy import edition_at, require_known
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import require_four_eyes
from shared.auth.principal import Principal
from shared.errors import DomainError, not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import require_match
from shared.http.validation import PayloadInvalid
from shared.ids import uuid7
from shared.policy.edition import Editions
from shared.sealing import Keyring

GRADUATE_RULES = ("person.graduate",)


async def person_of_link(
    session: AsyncSession, keys: Keyring | None, principal: Principal, sent: NamedPerson
) -> tuple[Person, bool]:
    """The person that was named, known or new, and whether it is the caller's to see: new ones and those it sees
    already are.

    Raises 422 for a new person without a name or a number that cannot be. A bureau is told what does not fit: 404 for
    an unknown reference, 409 `person-known-otherwise` where the number belongs to somebody of another name or
    reference. Anybody else sends the name with the number (422) and learns nothing but that something does not fit:
    409 `person-not-matched`.
    """
    if principal.has(*BUREAUS):
        return await _named(session, keys, principal, sent), True
    if sent.id_number is not None and sent.name is None:
        raise PayloadInvalid.at("name", "missing")
    if sent.person_ref is None and sent.id_number is None:
        return await _register(session, keys, principal, sent), True
    known = await _matching(session, keys, principal, sent)
    if known is None:
        return await _register(session, keys, principal, sent), True
    return known, await sees(session, principal, known)


async def _matching(
    session: AsyncSession, keys: Keyring | None, principal: Principal, sent: NamedPerson
) -> Person | None:
    """The one person that all of what a party sent fits; None for a number that nobody has."""
    found = [await _by_number(session, keys, principal, sent.id_number)] if sent.id_number is not None else []
    if sent.person_ref is not None:
        found.append(await session.scalar(select(Person).where(Person.ref == sent.person_ref)))
    known = found[-1]
    if known is not None and known.erased_on is not None:
        raise DomainError("person-not-matched", 409)
    unknown_reference = sent.person_ref is not None and known is None
    other_name = known is not None and sent.name is not None and sent.name != known.name
    if unknown_reference or other_name or any(person is not known for person in found):
        raise DomainError("person-not-matched", 409)
    return known


async def _named(session: AsyncSession, keys: Keyring | None, principal: Principal, sent: NamedPerson) -> Person:
    known = await _by_number(session, keys, principal, sent.id_number)
    if sent.person_ref is not None:
        referred: Person | None = await session.scalar(select(Person).where(Person.ref == sent.person_ref))
        if referred is None and (sent.name is None or not principal.has(*OFFICERS)):
            raise not_found("person")
        if known is not None and known is not referred:
            raise DomainError("person-known-otherwise", 409)
        known = known or referred
    if known is None:
        return await _register(session, keys, principal, sent)
    require_not_erased(known)
    if sent.name is not None and sent.name != known.name:
        raise DomainError("person-known-otherwise", 409)
    return known


async def find_by_number(session: AsyncSession, keys: Keyring, principal: Principal, number: SecretStr) -> Person:
    """By the blind index: no row is opened. Raises 404, and 422 for what is no number."""
    person = await _by_number(session, keys, principal, number)
    if person is None:
        raise not_found("person")
    return person


async def amend_person(
    session: AsyncSession,
    keys: Keyring | None,
    principal: Principal,
    person_id: UUID,
    sent: AmendPerson,
    *,
    if_match: str | None,
) -> Person:
    """Correct the name, add or correct the number. Raises 409 `person-known-otherwise` for somebody else's number."""
    person = await find(session, principal, person_id, lock=True)
    require_match(if_match, person.version)
    require_not_erased(person)
    if "name" in sent.model_fields_set:
        if sent.name is None:
            raise PayloadInvalid.at("name", "missing")
        put(person, "name", sent.name)
    if sent.id_number is not None:
        other = await _by_number(session, keys, principal, sent.id_number)
        if other is not None and other is not person:
            raise DomainError("person-known-otherwise", 409)
        _seal(person, keys, principal, sent.id_number)
    if not unchanged(session, person):
        await _tell(session, rc.PersonAmended, person, principal)
    return person


async def reveal_number(
    session: AsyncSession, editions: Editions, keys: Keyring, principal: Principal, person_id: UUID, sent: RevealNumber
) -> tuple[Person, str]:
    """The whole number; that it was read, by whom and why, is recorded as an event. Raises 422 for a reason that the
    edition does not have, 409 `person-has-no-number`."""
    person = await find(session, principal, person_id, lock=True)
    known = edition_at(editions, principal.today).incubation.reveal_reasons
    require_known("reason_code", [sent.reason_code], known)
    number = number_of(person, keys)
    if number is None:
        raise DomainError("person-has-no-number", 409)
    await keep_remark(session, person.id, step="revealed", text=sent.remark, written_by=principal.account_id)
    data = rc.PersonRevealedData(
        id=person.id, ref=person.ref, reason_code=sent.reason_code, document_no=sent.document_no
    )
    await outbox.append(session, rc.PersonRevealed, person, data, context=EventContext.of(principal))
    return person, number


async def record_graduation(
    session: AsyncSession, principal: Principal, person_id: UUID, sent: RecordGraduation
) -> Graduation:
    """3.2-5: the papers of a graduate. Raises 422 for a graduation in the future, 409 `graduation-already-recorded`,
    `person-erased`."""
    person = await find(session, principal, person_id, lock=True)
    require_not_erased(person)
    if sent.graduated_on > principal.today:
        raise PayloadInvalid.at("graduated_on", "in_the_future")
    same = select(Graduation.id).where(
        Graduation.person_id == person.id, Graduation.certificate_no == sent.certificate_no
    )
    if await session.scalar(same) is not None:
        raise DomainError("graduation-already-recorded", 409, clauses=["3.2-5"])
    graduation = Graduation(id=uuid7(), person_id=person.id, recorded_by=principal.account_id, **sent.model_dump())
    session.add(graduation)
    await session.flush()
    await _tell(session, rc.PersonAmended, person, principal)
    return graduation


async def confirm_graduation(
    session: AsyncSession, principal: Principal, person_id: UUID, graduation_id: UUID
) -> Graduation:
    """Somebody else than who entered it has checked the papers (403). Confirming twice changes nothing."""
    person = await find(session, principal, person_id, lock=True)
    query = select(Graduation).where(Graduation.id == graduation_id, Graduation.person_id == person.id)
    graduation: Graduation | None = await session.scalar(query.with_for_update())
    if graduation is None:
        raise not_found("graduation")
    require_four_eyes(principal, graduation.recorded_by)
    if graduation.confirmed_on is None:
        require_not_erased(person)
        graduation.confirmed_by, graduation.confirmed_on = principal.account_id, principal.today
        await session.flush()
        await _tell(session, rc.PersonAmended, person, principal)
    return graduation


async def tell_amended(session: AsyncSession, person: Person, principal: Principal) -> None:
    """Something that is known of the person, which is locked, changed."""
    await _tell(session, rc.PersonAmended, person, principal)


async def _by_number(
    session: AsyncSession, keys: Keyring | None, principal: Principal, number: SecretStr | None
) -> Person | None:
    if number is None:
        return None
    card = checked_number("id_number", number, principal.today)
    query = select(Person).where(Person.number_index == _required(keys).index_of(card.number))
    person: Person | None = await session.scalar(query)
    return person


async def _register(session: AsyncSession, keys: Keyring | None, principal: Principal, sent: NamedPerson) -> Person:
    if sent.name is None:
        raise PayloadInvalid.at("name", "missing")
    person = Person(
        id=uuid7(),
        version=0,
        ref=sent.person_ref or f"p-{secrets.token_urlsafe(16)}",
        name=sent.name,
        registered_by=principal.account_id,
        registered_by_org=operator_code_of(principal),
    )
    if sent.id_number is not None:
        _seal(person, keys, principal, sent.id_number)
    session.add(person)
    await session.flush()
    await _tell(session, rc.PersonRegistered, person, principal)
    return person


def _seal(person: Person, keys: Keyring | None, principal: Principal, number: SecretStr) -> None:
    seal_into(person, _required(keys), checked_number("id_number", number, principal.today))


def _required(keys: Keyring | None) -> Keyring:
    if keys is None:
        raise DomainError("person-keys-missing", 503)
    return keys


async def _tell(
    session: AsyncSession, event_type: EventType[rc.PersonState], person: Person, principal: Principal
) -> None:
    graduate = await is_graduate(session, person.id)
    state = rc.PersonState(id=person.id, ref=person.ref, numbered=person.sealed_number is not None, graduate=graduate)
    await outbox.append(
        session, event_type, person, state, context=EventContext.of(principal), rules=GRADUATE_RULES if graduate else ()
    )
