"""Persons as they are shown, and answers that are never stored for a repeated request."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from services.registry.persons.models import CLAIMED, CONFIRMED, Person, PersonLink
from services.registry.persons.numbers import HIDDEN, masked
from services.registry.persons.schemas import LinkedPersonOut, LinkOut, PersonOut
from shared.sealing import Keyring


async def _not_replayed(request: Request) -> None:
    """The request names a number: no hash of it is kept beside an idempotency key, from which it could be guessed."""
    request.state.no_replay = True


NotReplayed = Annotated[None, Depends(_not_replayed)]


def shown(person: Person, keys: Keyring | None) -> PersonOut:
    """The number masked; without keys nothing of it is shown."""
    number = None if person.sealed_number is None else HIDDEN
    if keys is not None:
        number = masked(person, keys)
    return PersonOut(
        id=person.id,
        version=person.version,
        person_ref=person.ref,
        name=person.name,
        id_number=number,
        place_known=person.place_known,
        erased_on=person.erased_on,
    )


def shown_link(link: PersonLink, person: Person, keys: Keyring | None, *, seen: bool = False) -> LinkOut:
    """A link with its person; of a claim only what was sent, but to those who see the person anyway."""
    whole = seen or link.status == CONFIRMED
    named = LinkedPersonOut(**shown(person, keys).model_dump()) if whole else LinkedPersonOut(name=link.claimed_name)
    return LinkOut(
        id=link.id,
        person=named,
        status=CONFIRMED if link.status == CONFIRMED else CLAIMED,
        enterprise_id=link.enterprise_id,
        project_id=link.project_id,
        capacity=link.capacity,
        since=link.since,
        until=link.until,
    )
