"""Identity numbers of persons in this process: taken, found, shown in part."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final

from fastapi import Depends
from pydantic import SecretStr

from services.registry.persons.models import Person
from services.registry.settings import RegistrySettings
from shared.errors import DomainError
from shared.http.validation import PayloadInvalid
from shared.identifiers import IdentifierError, IdentityCard, check_identity_card
from shared.logging import get_logger
from shared.runtime import Runtime, RuntimeDep
from shared.sealing import KeyMissing, Keyring, KeyringFile, Sealed

SHOWN_DIGITS: Final = 4
HIDDEN: Final = "*" * 18

log = get_logger(__name__)


@lru_cache
def _file(path: Path) -> KeyringFile:
    return KeyringFile(path)


def keyring_of(runtime: Runtime) -> Keyring:
    """The keys of this process. Raises 503 `person-keys-missing` where none are configured or the file is gone."""
    settings = runtime.settings
    path = settings.person_keys_file if isinstance(settings, RegistrySettings) else None
    if path is None:
        raise DomainError("person-keys-missing", 503)
    try:
        return _file(path).ring()
    except OSError as error:
        log.error("cannot read the keys of persons", path=str(path))
        raise DomainError("person-keys-missing", 503) from error


async def _keyring(runtime: RuntimeDep) -> Keyring:
    return keyring_of(runtime)


async def _maybe_keyring(runtime: RuntimeDep) -> Keyring | None:
    try:
        return keyring_of(runtime)
    except DomainError:
        return None


Keys = Annotated[Keyring, Depends(_keyring)]
MaybeKeys = Annotated[Keyring | None, Depends(_maybe_keyring)]
"""For what also works without a number; taking or showing one then answers 503."""


def checked_number(field: str, sent: SecretStr, today: date) -> IdentityCard:
    """The card number that was sent. Raises 422 naming the field and the fault, never the number."""
    try:
        return check_identity_card(sent.get_secret_value(), today=today)
    except IdentifierError as error:
        raise PayloadInvalid.at(field, f"identity_card_{error.reason}") from None


def seal_into(person: Person, keys: Keyring, card: IdentityCard) -> None:
    """Keep the number with the person."""
    sealed = keys.seal(person.id, card.number)
    person.sealed_number, person.key_id = sealed.content, sealed.key_id
    person.number_index = keys.index_of(card.number)
    person.place_known = card.place_known


def number_of(person: Person, keys: Keyring) -> str | None:
    """The whole number; None where none is kept. Raises 503 `person-keys-missing` for a row whose key is not here."""
    if person.sealed_number is None or person.key_id is None:
        return None
    try:
        return keys.unseal(person.id, Sealed(person.key_id, person.sealed_number))
    except KeyMissing as error:
        log.error("a key of persons is missing", key_id=person.key_id)
        raise DomainError("person-keys-missing", 503) from error


def masked(person: Person, keys: Keyring) -> str | None:
    """The number as it is shown: its last four characters."""
    number = number_of(person, keys)
    return None if number is None else HIDDEN[:-SHOWN_DIGITS] + number[-SHOWN_DIGITS:]
