"""What a person, or a bureau on its paper, does about what is kept of it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS, self_of
from services.registry.personal_data.erasing import end_consent
from services.registry.personal_data.schemas import (
    ConsentFilter,
    GiveConsent,
    KeepContacts,
    RevealContact,
    WithdrawConsent,
)
from services.registry.persons.consents import give_consent, require_proof, tell_consent
from services.registry.persons.contacts import KINDS, contact_in_clear, contacts_of, forget_contact, keep_contact
from services.registry.persons.models import Consent, Person
from services.registry.persons.queries import BUREAUS, HR
from services.registry.persons.usecases import tell_amended
from services.registry.policy import edition_at, require_known
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import step_day
from shared.auth.principal import Principal
from shared.auth.roles import AUDITOR
from shared.clock import effective_date
from shared.errors import DomainError, not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.policy.edition import Editions
from shared.sealing import Keyring

KEEPERS: Final = (*OFFICERS, *HR)
"""Enter what people sign on paper."""


async def concerned(session: AsyncSession, principal: Principal, person_id: UUID, *, lock: bool = False) -> Person:
    """The person, for itself, the bureaus and the auditor. Raises 404."""
    own: ColumnElement[bool] = Person.ref == self_of(principal)
    query = select(Person).where(Person.id == person_id, true() if principal.has(*BUREAUS, AUDITOR) else own)
    person: Person | None = await session.scalar(query.with_for_update() if lock else query)
    if person is None:
        raise not_found("person")
    return person


async def oneself(session: AsyncSession, principal: Principal) -> Person:
    """The person that signed in. Raises 404 where the account stands for nobody on record."""
    person: Person | None = await session.scalar(select(Person).where(Person.ref == self_of(principal)))
    if person is None:
        raise not_found("person")
    return person


async def agree(
    session: AsyncSession, editions: Editions, principal: Principal, person_id: UUID, sent: GiveConsent
) -> Consent:
    """A purpose as such; consents to one thing are given where the thing is."""
    person = await concerned(session, principal, person_id)
    day = effective_date(principal, sent.given_on)
    return await give_consent(
        session,
        principal,
        person,
        sent.purpose,
        given_on=day,
        channel=sent.channel,
        document_no=sent.document_no,
        editions=editions,
    )


async def withdraw(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    person_id: UUID,
    consent_id: UUID,
    sent: WithdrawConsent,
) -> Consent:
    """Taken back; what rested on it is undone in the same moment.

    Raises 404, 422 for an unknown channel or a paper without its number, 409 `consent-not-own`, `consent-ended`.
    """
    person = await concerned(session, principal, person_id, lock=True)
    query = select(Consent).where(Consent.id == consent_id, Consent.person_id == person.id)
    consent: Consent | None = await session.scalar(query.with_for_update())
    if consent is None:
        raise not_found("consent")
    require_known("channel", [sent.channel], edition_at(editions, principal.today).personal_data.consent_channels)
    require_proof(principal, person, sent.channel, sent.document_no)
    if not consent.open:
        raise DomainError("consent-ended", 409)
    consent.withdrawn_on = step_day(principal, sent.withdrawn_on, after=consent.given_on)
    consent.withdrawn_by, consent.withdrawal_channel = principal.account_id, sent.channel
    context = EventContext.of(principal, consent.withdrawn_on)
    await tell_consent(session, rc.PersonConsentWithdrawn, consent, person, context)
    await end_consent(session, consent, context)
    return consent


async def keep_contacts(
    session: AsyncSession, keys: Keyring, principal: Principal, person_id: UUID, sent: KeepContacts
) -> Person:
    """Correct how the person is reached. The same again leaves neither an event nor a version."""
    person = await concerned(session, principal, person_id, lock=True)
    given = {kind: value for kind in KINDS if (value := getattr(sent, kind)) is not None}
    changed = [await keep_contact(session, keys, person, kind, value) for kind, value in given.items()]
    if any(changed):
        await tell_amended(session, person, principal)
    return person


async def remove_contact(session: AsyncSession, principal: Principal, person_id: UUID, kind: str) -> None:
    """Forget it; one that is not there is no fault."""
    person = await concerned(session, principal, person_id, lock=True)
    if await forget_contact(session, person.id, kind):
        await tell_amended(session, person, principal)


async def reveal_contact(
    session: AsyncSession, editions: Editions, keys: Keyring, principal: Principal, person_id: UUID, sent: RevealContact
) -> tuple[Person, str]:
    """The whole contact; that it was read, by whom and why, is recorded as an event. Raises 422 for a reason that the
    edition does not have, 404 where there is no such contact."""
    person = await concerned(session, principal, person_id, lock=True)
    known = edition_at(editions, principal.today).personal_data.export_reasons
    require_known("reason_code", [sent.reason_code], known)
    row = (await contacts_of(session, [person.id])).get(person.id, {}).get(sent.kind)
    if row is None:
        raise not_found("contact")
    await keep_remark(session, person.id, step="revealed", text=sent.remark, written_by=principal.account_id)
    data = rc.PersonRevealedData(
        id=person.id, ref=person.ref, reason_code=sent.reason_code, document_no=sent.document_no, shown=sent.kind
    )
    await outbox.append(session, rc.PersonRevealed, person, data, context=EventContext.of(principal))
    return person, contact_in_clear(row, keys)


def matching(person_id: UUID, wanted: ConsentFilter) -> ColumnElement[bool]:
    """The filters of a person's consents."""
    conditions = [Consent.person_id == person_id]
    if wanted.purpose is not None:
        conditions.append(Consent.purpose == wanted.purpose)
    if wanted.open is not None:
        runs = and_(Consent.withdrawn_on.is_(None), Consent.lapsed_on.is_(None))
        conditions.append(runs if wanted.open else ~runs)
    return and_(*conditions)
