"""Erasing what may be kept no longer: one person a transaction, and the same however often and wherever it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.personal_data.grounds import due
from services.registry.personal_data.hooks import PendingFiles
from services.registry.personal_data.mounted import ERASERS, ON_CONSENT_ENDED, RESTING
from services.registry.personal_data.redacting import redact
from services.registry.persons.consents import tell_consent
from services.registry.persons.contacts import HOME, contact_in_clear, contacts_of, forget_contact
from services.registry.persons.models import Consent, Person
from services.registry.persons.numbers import keyring_of, number_of
from services.registry.policy import edition_at
from shared.errors import DomainError
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.logging import get_logger
from shared.runtime import Runtime
from shared.sealing import Keyring, Unreadable

AT_ONCE: Final = 200
RETENTION_RULES: Final = ("person.retention",)

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Erased:
    """How much there was to do; `more` if there is something left."""

    consents_lapsed: int
    persons_erased: int
    more: bool


async def erase_due(runtime: Runtime, context: EventContext, *, limit: int = 10 * AT_ONCE) -> Erased:
    """End the consents whose last day is over, then erase the persons whom nothing gives a ground to keep.

    Each person is looked at again under its lock; one that is being worked on is left for the next run. Killed at any
    point it has done some of them whole, and goes on with the rest when it runs again.
    """
    day = context.effective_on
    terms = edition_at(runtime.editions, day).personal_data
    months = (terms.unfounded_months.value, terms.link_months.value)
    lapsed = await _each(runtime, _lapsing(day), partial(_lapse, context=context), limit)
    erased = await _each(runtime, due(day, *months), partial(_erase, months=months, context=context), limit)
    return Erased(lapsed, erased, more=limit in (lapsed, erased))


def _lapsing(day: date) -> ColumnElement[bool]:
    over = select(Consent.person_id).where(*_over(day))
    return Person.id.in_(over)


def _over(day: date) -> tuple[ColumnElement[bool], ...]:
    ended = (Consent.withdrawn_on.is_(None), Consent.lapsed_on.is_(None), Consent.retain_until < day)
    return (*ended, *(not_(rests()) for rests in RESTING))


Step = Callable[[AsyncSession, Runtime, Person, PendingFiles], Awaitable[int]]
"""What is done with a person, which is locked; how much it was."""


async def _each(runtime: Runtime, condition: ColumnElement[bool], step: Step, limit: int) -> int:
    """Carry out the step for each person whom the condition finds; returns how much was done."""
    done, after = 0, UUID(int=0)
    while done < limit:
        query = select(Person.id).where(condition, Person.id > after).order_by(Person.id)
        async with runtime.db.transaction() as session:
            found = list(await session.scalars(query.limit(AT_ONCE)))
        for person_id in found[: limit - done]:
            done += await _one(runtime, person_id, step)
        if len(found) < AT_ONCE:
            break
        after = found[-1]
    return done


async def _one(runtime: Runtime, person_id: UUID, step: Step) -> int:
    """One transaction; what it removes from the storage goes when it is committed."""
    files = PendingFiles()

    async def carried_out(session: AsyncSession) -> int:
        files.keys.clear()
        locked = select(Person).where(Person.id == person_id).with_for_update(skip_locked=True)
        person: Person | None = await session.scalar(locked)
        return 0 if person is None else await step(session, runtime, person, files)

    done = await runtime.db.run(carried_out)
    await files.carry_out(runtime.files)
    return done


async def _lapse(
    session: AsyncSession, _runtime: Runtime, person: Person, _files: PendingFiles, *, context: EventContext
) -> int:
    mine = select(Consent).where(Consent.person_id == person.id, *_over(context.effective_on))
    over = list(await session.scalars(mine.order_by(Consent.id).with_for_update()))
    for consent in over:
        consent.lapsed_on = context.effective_on
        await tell_consent(session, rc.PersonConsentLapsed, consent, person, context)
        await end_consent(session, consent, context)
    return len(over)


async def end_consent(session: AsyncSession, consent: Consent, context: EventContext) -> None:
    """What rested on the consent is undone by the rooms that asked for it."""
    await session.flush()
    for ended in ON_CONSENT_ENDED.get(consent.purpose, ()):
        await ended(session, consent, context)


async def _erase(
    session: AsyncSession,
    runtime: Runtime,
    person: Person,
    files: PendingFiles,
    *,
    months: tuple[int, int],
    context: EventContext,
) -> int:
    day = context.effective_on
    if await session.scalar(select(Person.id).where(Person.id == person.id, due(day, *months))) is None:
        return 0
    said = await _said(session, runtime, person)
    for erase in ERASERS:
        await erase(session, files, person.id, context)
    await redact(session, person, said)
    await forget_contact(session, person.id)
    person.name = ""
    person.sealed_number = person.key_id = person.number_index = person.place_known = None
    person.erased_on = day
    await session.flush()
    state = rc.PersonErasedState(id=person.id, ref=person.ref, erased_on=day)
    await outbox.append(session, rc.PersonErased, person, state, context=context, rules=RETENTION_RULES)
    return 1


async def _said(session: AsyncSession, runtime: Runtime, person: Person) -> list[str]:
    """Name, number and contacts in the clear, to find them in texts. Erasing does not wait for a key that is missing:
    what is sealed is unreadable without it, and nothing else could have it in the clear."""
    rows = (await contacts_of(session, [person.id])).get(person.id, {}).values()
    said: list[str | None] = [person.name]
    try:
        keys: Keyring = keyring_of(runtime)
        said += [number_of(person, keys), *(contact_in_clear(row, keys) for row in rows)]
    except (DomainError, Unreadable):
        log.error("erasing without the keys of persons", person_id=str(person.id))
    plain = [word for word in said if word]
    return [*plain, *(word.removeprefix(HOME) for word in plain if word.startswith(HOME))]
