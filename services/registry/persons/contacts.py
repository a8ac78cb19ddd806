"""How persons are reached: mobile numbers and addresses of electronic mail, sealed, shown in part."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final
from uuid import UUID

import phonenumbers
from pydantic import SecretStr
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.persons.holding import hold_person, require_not_erased
from services.registry.persons.models import Person, PersonContact
from services.registry.persons.queries import BUREAUS
from services.registry.persons.schemas import NamedContact
from services.registry.persons.tries import limited
from services.registry.persons.usecases import person_of_link, tell_amended
from shared.auth.principal import Principal
from shared.errors import DomainError
from shared.http.validation import PayloadInvalid
from shared.ids import uuid7
from shared.logging import get_logger
from shared.runtime import Runtime
from shared.sealing import KeyMissing, Keyring, Sealed

__all__ = ["EMAIL", "KINDS", "MOBILE", "NamedContact", "contacts_of", "keep_contact", "masked_contact"]

MOBILE: Final = "mobile"
EMAIL: Final = "email"
KINDS: Final = (MOBILE, EMAIL)

HOME: Final = "+86"
"""Left out where a number of the country is shown."""

_COUNTRY: Final = "CN"
_MOBILE: Final = re.compile(r"\+?[0-9][0-9 ()-]*")
"""How a number is written; the numbering plan's parser would also find one in a sentence and drop the rest."""
_EMAIL: Final = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)+")
_MAY_BE_MOBILE: Final = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)

log = get_logger(__name__)


def checked_contact(field: str, kind: str, sent: SecretStr) -> str:
    """A mobile number in the form of E.164, an address in small letters. Raises 422 naming the field and the fault,
    never what was sent."""
    text = sent.get_secret_value().strip()
    if kind == EMAIL:
        if not _EMAIL.fullmatch(text.lower()):
            raise PayloadInvalid.at(field, "contact_email")
        return text.lower()
    if not _MOBILE.fullmatch(text):
        raise PayloadInvalid.at(field, "contact_mobile")
    try:
        number = phonenumbers.parse(text, _COUNTRY)
    except phonenumbers.NumberParseException:
        raise PayloadInvalid.at(field, "contact_mobile") from None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in _MAY_BE_MOBILE:
        raise PayloadInvalid.at(field, "contact_mobile")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


async def keep_contact(session: AsyncSession, keys: Keyring, person: Person, kind: str, value: SecretStr) -> bool:
    """Keep how the person is reached, in the place of what was there; whether that changed anything.

    Raises 422 `contact_mobile` or `contact_email`, 409 `person-erased`.
    """
    require_not_erased(person)
    content = checked_contact(kind, kind, value)
    digest = _index(keys, kind, content)
    query = select(PersonContact).where(PersonContact.person_id == person.id, PersonContact.kind == kind)
    row: PersonContact | None = await session.scalar(query.with_for_update())
    if row is not None and row.contact_index == digest:
        return False
    if row is None:
        row = PersonContact(id=uuid7(), person_id=person.id, kind=kind)
        session.add(row)
    sealed = keys.seal(row.id, content)
    row.sealed_contact, row.key_id, row.contact_index = sealed.content, sealed.key_id, digest
    await session.flush()
    return True


async def forget_contact(session: AsyncSession, person_id: UUID, kind: str | None = None) -> int:
    """Remove the contact of a kind, or all; returns how many there were."""
    query = delete(PersonContact).where(PersonContact.person_id == person_id)
    if kind is not None:
        query = query.where(PersonContact.kind == kind)
    return len((await session.scalars(query.returning(PersonContact.id))).all())


async def contacts_of(session: AsyncSession, person_ids: Collection[UUID]) -> dict[UUID, dict[str, PersonContact]]:
    """The contacts of several persons, by person and kind."""
    found: dict[UUID, dict[str, PersonContact]] = {}
    for row in await session.scalars(select(PersonContact).where(PersonContact.person_id.in_(person_ids))):
        found.setdefault(row.person_id, {})[row.kind] = row
    return found


def contact_in_clear(row: PersonContact, keys: Keyring) -> str:
    """The whole contact, for an export with a reason. Raises 503 `person-keys-missing`."""
    try:
        return keys.unseal(row.id, Sealed(row.key_id, row.sealed_contact))
    except KeyMissing as error:
        log.error("a key of persons is missing", key_id=row.key_id)
        raise DomainError("person-keys-missing", 503) from error


def masked_contact(row: PersonContact | None, keys: Keyring | None) -> str | None:
    """`138****5678`, `z***@example.org`; None where there is none, only asterisks without keys."""
    if row is None:
        return None
    if keys is None:
        return "*" * 11
    content = contact_in_clear(row, keys)
    if row.kind == EMAIL:
        name, _, domain = content.partition("@")
        return f"{name[:1]}***@{domain}"
    number = content.removeprefix(HOME)
    return f"{number[:3]}****{number[-4:]}"


async def person_with_contact(
    session: AsyncSession, runtime: Runtime, keys: Keyring | None, principal: Principal, sent: NamedContact
) -> tuple[Person, bool]:
    """The person that was named, known or new, with the contacts that were sent; and whether it is the caller's to see.

    Of a person whom the caller does not see, a contact on file stays as it is: naming somebody is no way to take over
    where that person is reached. Raises what naming a person raises, 422 for a contact that cannot be, 429 after too
    many wrong tries.
    """
    contacts = {kind: value for kind in KINDS if (value := getattr(sent, kind)) is not None}
    for kind, value in contacts.items():
        checked_contact(kind, kind, value)
    async with limited(runtime, session, principal):
        person, seen = await person_of_link(session, keys, principal, sent)
    if not contacts:
        return person, seen
    if keys is None:
        raise DomainError("person-keys-missing", 503)
    locked = await hold_person(session, person.id)
    may_replace = seen or principal.has(*BUREAUS)
    known = {} if may_replace else (await contacts_of(session, [person.id])).get(person.id, {})
    changed = [
        await keep_contact(session, keys, locked, kind, contacts[kind]) for kind in contacts if kind not in known
    ]
    if any(changed):
        await tell_amended(session, locked, principal)
    return locked, seen


def _index(keys: Keyring, kind: str, content: str) -> bytes:
    return keys.index_of(f"{kind}:{content}")
