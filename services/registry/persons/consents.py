"""What a person agreed to: given, asked for before anything is done, taken back."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from services.registry.persons.holding import hold_person
from services.registry.persons.models import Consent, Person
from services.registry.policy import edition_at, loaded_editions, require_known
from shared.auth.principal import Principal
from shared.calendar import add_months
from shared.errors import DomainError
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.validation import PayloadInvalid
from shared.ids import uuid7
from shared.policy.edition import Editions

__all__ = ["Consent", "consented", "give_consent", "keep_until", "require_consent"]

OWN_ACCOUNT: Final = "own_account"
CONSENT_RULES: Final = ("person.consent",)


async def give_consent(
    session: AsyncSession,
    principal: Principal,
    person: Person,
    purpose: str,
    *,
    given_on: date,
    channel: str,
    subject_kind: str | None = None,
    subject_id: UUID | None = None,
    document_no: str | None = None,
    editions: Editions | None = None,
) -> Consent:
    """Record that the person agreed, of one thing or as such; given again, it is kept for as much longer.

    Raises 422 for an unknown purpose or channel, a day to come, or a paper without its number (`document_no`), 409
    `consent-not-own` where somebody else's account would be the person's own, `person-erased`, and
    `consent-withdrawn-since` for a paper from before the person took the same back.
    """
    section = edition_at(editions or loaded_editions(), given_on).personal_data
    require_known("purpose", [purpose], section.purposes)
    require_known("channel", [channel], section.consent_channels)
    if given_on > principal.today:
        raise PayloadInvalid.at("given_on", "in_the_future")
    require_proof(principal, person, channel, document_no)
    locked = await hold_person(session, person.id)
    await _require_not_withdrawn_since(session, locked.id, purpose, subject_id, given_on)
    until = add_months(given_on, section.purposes[purpose].retention_months.value)
    consent = await _open(session, locked.id, purpose, subject_id)
    if consent is not None:
        if consent.retain_until >= until:
            return consent
        consent.given_on, consent.retain_until = max(consent.given_on, given_on), until
        consent.given_by, consent.channel, consent.document_no = principal.account_id, channel, document_no
    else:
        consent = Consent(
            id=uuid7(),
            person_id=locked.id,
            purpose=purpose,
            subject_kind=subject_kind,
            subject_id=subject_id,
            given_on=given_on,
            given_by=principal.account_id,
            channel=channel,
            document_no=document_no,
            retain_until=until,
        )
        session.add(consent)
    await session.flush()
    await tell_consent(session, rc.PersonConsentGiven, consent, locked, EventContext.of(principal, given_on))
    return consent


async def require_consent(
    session: AsyncSession, person_id: UUID, purpose: str, day: date, *, subject_id: UUID | None = None
) -> None:
    """409 `consent-missing` unless the person agreed, of this thing or as such, and the consent runs on the day."""
    query = select(Person.id).where(Person.id == person_id, consented(Person.id, purpose, day, subject_id=subject_id))
    if await session.scalar(query) is None:
        raise DomainError("consent-missing", 409, params={"purpose": purpose})


def consented(
    person_id: InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None],
    purpose: str,
    day: date,
    *,
    subject_id: Any = None,
) -> ColumnElement[bool]:
    """The same as a condition of a query: the person of that column agreed and did not take it back."""
    given = aliased(Consent)
    of = (
        given.subject_id.is_(None)
        if subject_id is None
        else or_(given.subject_id.is_(None), given.subject_id == subject_id)
    )
    return exists().where(
        given.person_id == person_id,
        given.purpose == purpose,
        given.withdrawn_on.is_(None),
        given.lapsed_on.is_(None),
        given.given_on <= day,
        given.retain_until >= day,
        of,
    )


async def keep_until(
    session: AsyncSession,
    principal: Principal,
    person: Person,
    purpose: str,
    day: date,
    *,
    subject_id: UUID | None = None,
) -> None:
    """What the purpose needs is kept longer, to that day: for what ends later than the consent alone would run. A
    consent that was taken back stays so."""
    locked = await session.get_one(Person, person.id, with_for_update=True)
    consent = await _open(session, locked.id, purpose, subject_id)
    if consent is None or consent.retain_until >= day:
        return
    consent.retain_until = day
    await tell_consent(session, rc.PersonConsentGiven, consent, locked, EventContext.of(principal))


async def tell_consent(
    session: AsyncSession,
    event_type: EventType[rc.PersonConsentState],
    consent: Consent,
    person: Person,
    context: EventContext,
) -> None:
    """The consent as its event carries it; the person is locked."""
    state = rc.PersonConsentState(
        id=person.id,
        ref=person.ref,
        consent_id=consent.id,
        purpose=consent.purpose,
        subject_kind=consent.subject_kind,
        subject_id=consent.subject_id,
        channel=consent.channel,
        document_no=consent.document_no,
        given_on=consent.given_on,
        retain_until=consent.retain_until,
        withdrawn_on=consent.withdrawn_on,
        withdrawal_channel=consent.withdrawal_channel,
        lapsed_on=consent.lapsed_on,
    )
    await outbox.append(session, event_type, person, state, context=context, rules=CONSENT_RULES)


def require_proof(principal: Principal, person: Person, channel: str, document_no: str | None) -> None:
    """Whether the person itself says so. Raises 409 `consent-not-own`, 422 for a paper or form without its number."""
    if channel == OWN_ACCOUNT and principal.person_ref != person.ref:
        raise DomainError("consent-not-own", 409)
    if channel != OWN_ACCOUNT and document_no is None:
        raise PayloadInvalid.at("document_no", "missing")


async def _require_not_withdrawn_since(
    session: AsyncSession, person_id: UUID, purpose: str, subject_id: UUID | None, given_on: date
) -> None:
    """What was taken back is not brought back by an older paper, nor one thing of what was taken back as such."""
    same = Consent.subject_id.is_(None) if subject_id is None else Consent.subject_id == subject_id
    since = select(func.max(Consent.withdrawn_on)).where(
        Consent.person_id == person_id, Consent.purpose == purpose, or_(Consent.subject_id.is_(None), same)
    )
    withdrawn_on: date | None = await session.scalar(since)
    if withdrawn_on is not None and withdrawn_on > given_on:
        raise DomainError("consent-withdrawn-since", 409, params={"withdrawn_on": withdrawn_on})


async def _open(session: AsyncSession, person_id: UUID, purpose: str, subject_id: UUID | None) -> Consent | None:
    query = select(Consent).where(
        Consent.person_id == person_id,
        Consent.purpose == purpose,
        Consent.subject_id.is_not_distinct_from(subject_id),
        Consent.withdrawn_on.is_(None),
        Consent.lapsed_on.is_(None),
    )
    consent: Consent | None = await session.scalar(query.with_for_update())
    return consent
