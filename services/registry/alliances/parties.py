"""Who is to be a member of an alliance, and what is kept of a natural person who is one (4.6-1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import enterprise_code_of, operator_code_of
from services.registry.alliances import rules
from services.registry.alliances.models import AllianceMember
from services.registry.alliances.queries import LEAD_OFFICERS, require_lead, terms_of
from services.registry.alliances.schemas import RequestMembership
from services.registry.centres.models import Centre
from services.registry.centres.queries import hold_standing
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import family, known_by
from services.registry.partners.models import Partner
from services.registry.persons.consents import give_consent, keep_until
from services.registry.persons.contacts import person_with_contact
from services.registry.persons.models import Person
from services.registry.persons.schemas import NamedContact
from services.registry.policy import edition_at, require_passed
from services.registry.qualifications.models import Qualification
from services.registry.qualifications.rules import IN_FORCE
from shared.auth.principal import Principal
from shared.calendar import add_months
from shared.errors import DomainError, not_found
from shared.policy.edition import Edition, Editions
from shared.runtime import Runtime
from shared.sealing import Keyring

PURPOSE: Final = "alliance_contact"
SHELF: Final = "alliance-member"
ON_PAPER: Final = ("partner_id", "person_id")
"""Parties without an account here: their consent is a paper, entered by the lead bureau."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who is to be a member: `own` if the caller speaks for it, `province` for one from the register of partners."""

    column: str
    id: UUID
    family: tuple[UUID, ...]
    own: bool
    province: str | None = None
    person: Person | None = None


async def party_of(
    session: AsyncSession,
    runtime: Runtime,
    keys: Keyring | None,
    principal: Principal,
    edition: Edition,
    sent: RequestMembership,
) -> Party:
    """The party that was named. Raises 404 for one that is not the caller's to name, and for a natural person what
    naming it raises."""
    leads = principal.has(*LEAD_OFFICERS)
    if sent.person is not None:
        return await _person(session, runtime, keys, principal, edition, sent, sent.person)
    if sent.centre_id is not None:
        operator = await session.scalar(select(Centre.operator_code).where(Centre.id == sent.centre_id))
        own = operator is not None and operator == operator_code_of(principal)
        if operator is None or not (own or leads):
            raise not_found("centre")
        return Party("centre_id", sent.centre_id, (sent.centre_id,), own)
    if sent.enterprise_id is not None:
        return await _enterprise(session, principal, sent.enterprise_id, leads=leads)
    partner = await session.get(Partner, sent.partner_id)
    if partner is None or not leads:
        raise not_found("partner")
    return Party("partner_id", partner.id, (partner.id,), own=False, province=partner.origin_province)


async def _enterprise(session: AsyncSession, principal: Principal, enterprise_id: UUID, *, leads: bool) -> Party:
    found = await session.scalar(select(Enterprise).where(Enterprise.id == enterprise_id))
    code, own_record = enterprise_code_of(principal), None
    if found is not None and code is not None:
        own_record = await session.scalar(select(Enterprise.id).where(Enterprise.id == found.id, known_by(code)))
    if found is None or not (own_record or leads):
        raise not_found("enterprise")
    record_id = found.merged_into_id or found.id
    ids = tuple(await session.scalars(family(record_id)))
    return Party("enterprise_id", record_id, ids, own_record is not None)


async def _person(
    session: AsyncSession,
    runtime: Runtime,
    keys: Keyring | None,
    principal: Principal,
    edition: Edition,
    sent: RequestMembership,
    named: NamedContact,
) -> Party:
    """A natural person is entered by the bureau that leads the alliance, with its paper; nobody is registered without
    one."""
    if not principal.has(*LEAD_OFFICERS):
        raise not_found("person")
    require_lead(principal, edition, sent.alliance)
    if sent.consent_document_no is None:
        raise DomainError("member-consent-missing", 409, clauses=["4.6-1"])
    person, _ = await person_with_contact(session, runtime, keys, principal, named)
    return Party("person_id", person.id, (person.id,), own=False, person=person)


async def require_standing(session: AsyncSession, edition: Edition, alliance: str, kind: str, party: Party) -> None:
    """A centre is on the list, and stays so until this is written; one that joins for its title holds it."""
    if party.column != "centre_id":
        return
    centre = await hold_standing(session, true(), party.id)
    require_passed(rules.decide_centre_on_the_list(edition, centre.status))
    title = terms_of(edition, alliance).member_types[kind].title
    held = select(Qualification.id).where(
        Qualification.centre_id == party.id, Qualification.kind == title, Qualification.status.in_(IN_FORCE)
    )
    found = title is not None and await session.scalar(held.limit(1)) is not None
    require_passed(rules.decide_title(edition, title, found))


async def keep_consent(
    session: AsyncSession, editions: Editions, principal: Principal, person: Person, member: AllianceMember
) -> None:
    """What a natural person signed is its consent to this membership, which it can take back."""
    assert member.consented_on is not None
    await give_consent(
        session,
        principal,
        person,
        PURPOSE,
        given_on=member.consented_on,
        channel="paper",
        subject_kind=SHELF,
        subject_id=member.id,
        document_no=member.consent_document_no,
        editions=editions,
    )


async def keep_after_the_end(
    session: AsyncSession, editions: Editions, principal: Principal, member: AllianceMember
) -> None:
    """The time to keep a natural person's data counts again from the last day of the membership."""
    if member.person_id is None or member.left_on is None:
        return
    person = await session.get_one(Person, member.person_id)
    months = edition_at(editions, member.left_on).personal_data.purposes[PURPOSE].retention_months.value
    until = add_months(member.left_on, months)
    await keep_until(session, principal, person, PURPOSE, until, subject_id=member.id)
