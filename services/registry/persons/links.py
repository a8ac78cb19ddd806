"""Who stands behind an enterprise or a project, and since when."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS, person_of
from services.registry.enterprises import queries as enterprises
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.usecases import enterprise_state, speaks_for
from services.registry.persons.holding import hold_person
from services.registry.persons.models import CLAIMED, CONFIRMED, FOUNDER, LEGAL_REPRESENTATIVE, Person, PersonLink
from services.registry.persons.schemas import LinkPerson, UnlinkPerson
from services.registry.persons.usecases import person_of_link
from services.registry.policy import edition_at, require_known
from services.registry.projects import queries as projects
from services.registry.projects.models import Project
from services.registry.projects.usecases import project_state
from services.registry.steps import require_four_eyes, step_day
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.ids import uuid7
from shared.policy.edition import Editions
from shared.sealing import Keyring

_DAY = timedelta(days=1)


async def link_to_enterprise(
    session: AsyncSession,
    editions: Editions,
    keys: Keyring | None,
    principal: Principal,
    enterprise_id: UUID,
    sent: LinkPerson,
) -> PersonLink:
    """A person behind an enterprise. A new legal representative ends the one before and is told to everybody by its
    reference; where there is one already, only the enterprise itself or an officer names another (409). Of a person
    that the caller does not see it is a claim, which does none of that before it is confirmed."""
    enterprise = await enterprises.lock_for_change(session, principal, enterprise_id, below="/persons")
    _require_capacity(editions, principal, sent)
    legal = sent.capacity == LEGAL_REPRESENTATIVE
    if legal and not await _may_name(session, principal, enterprise, sent):
        params = {"fields": "legal_representative_ref", "id": enterprise.id}
        raise DomainError("change-needs-confirmation", 409, params=params, clauses=["2.2-1"])
    since = effective_date(principal, sent.since)
    person, seen = await person_of_link(session, keys, principal, sent)
    await _require_new(session, person, PersonLink(enterprise_id=enterprise.id, capacity=sent.capacity))
    if legal and seen:
        await _succeed(session, enterprise, person, since, principal)
    link = PersonLink(id=uuid7(), person_id=person.id, enterprise_id=enterprise.id, capacity=sent.capacity, since=since)
    return await _write(session, link, person, principal, sent, seen=seen)


async def link_to_project(
    session: AsyncSession,
    editions: Editions,
    keys: Keyring | None,
    principal: Principal,
    project_id: UUID,
    sent: LinkPerson,
) -> PersonLink:
    """A person behind a project; its first founder is the one who signs in for it. A team has no legal representative
    (422)."""
    project = await projects.lock_for_change(session, principal, project_id)
    _require_capacity(editions, principal, sent, without=LEGAL_REPRESENTATIVE)
    since = effective_date(principal, sent.since)
    person, seen = await person_of_link(session, keys, principal, sent)
    await _require_new(session, person, PersonLink(project_id=project.id, capacity=sent.capacity))
    if seen and sent.capacity == FOUNDER and project.founder_ref is None:
        await _found(session, project, person, principal)
    link = PersonLink(id=uuid7(), person_id=person.id, project_id=project.id, capacity=sent.capacity, since=since)
    return await _write(session, link, person, principal, sent, seen=seen)


async def confirm_link(
    session: AsyncSession, principal: Principal, person_id: UUID, link_id: UUID
) -> tuple[PersonLink, Person]:
    """What a party claimed of a person is so, says an officer or the person itself; from now on it has its effects.

    Confirming twice changes nothing. Raises 404 for anybody else, 403 `four-eyes-required` for whoever claimed it, 409
    `change-needs-confirmation` where the person itself would take the place of another legal representative.
    """
    known = select(PersonLink).where(PersonLink.id == link_id, PersonLink.person_id == person_id)
    claim: PersonLink | None = await session.scalar(known.where(PersonLink.until.is_(None)))
    person = await session.get(Person, person_id)
    if claim is None or person is None or not (principal.has(*OFFICERS) or person_of(principal) == person.ref):
        raise not_found("person")
    enterprise, project = await _lock_subject(session, claim)
    link = await session.get_one(PersonLink, claim.id, with_for_update=True, populate_existing=True)
    if link.status == CONFIRMED or link.until is not None:
        return link, person
    require_four_eyes(principal, link.recorded_by)
    if enterprise is not None and link.capacity == LEGAL_REPRESENTATIVE:
        if enterprise.legal_representative_ref not in (None, person.ref) and not principal.has(*OFFICERS):
            params = {"fields": "legal_representative_ref", "id": enterprise.id}
            raise DomainError("change-needs-confirmation", 409, params=params, clauses=["2.2-1"])
        await _succeed(session, enterprise, person, link.since, principal)
    if project is not None and link.capacity == FOUNDER and project.founder_ref is None:
        await _found(session, project, person, principal)
    link.status, link.confirmed_by, link.confirmed_on = CONFIRMED, principal.account_id, principal.today
    await session.flush()
    locked = await hold_person(session, person.id)
    await _tell(session, rc.PersonLinkConfirmed, link, locked, principal)
    return link, locked


async def _lock_subject(session: AsyncSession, link: PersonLink) -> tuple[Enterprise | None, Project | None]:
    if link.project_id is not None:
        return None, await session.get_one(Project, link.project_id, with_for_update=True)
    enterprise = await session.get_one(Enterprise, link.enterprise_id, with_for_update=True)
    if enterprise.merged_into_id is not None:
        params = {"id": enterprise.merged_into_id}
        raise DomainError("enterprise-merged-meanwhile", 409, params=params, clauses=["2.2-1"])
    return enterprise, None


async def unlink_from_enterprise(
    session: AsyncSession, principal: Principal, enterprise_id: UUID, link_id: UUID, sent: UnlinkPerson
) -> tuple[PersonLink, Person]:
    """The person does so no more. A legal representative goes when the next one comes (409
    `legal-representative-stays`)."""
    enterprise = await enterprises.lock_for_change(session, principal, enterprise_id)
    link = await _link(session, PersonLink.enterprise_id == enterprise.id, link_id)
    if link.capacity == LEGAL_REPRESENTATIVE and link.status == CONFIRMED:
        raise DomainError("legal-representative-stays", 409, clauses=["2.2-1"])
    return await _end(session, link, principal, sent)


async def unlink_from_project(
    session: AsyncSession, principal: Principal, project_id: UUID, link_id: UUID, sent: UnlinkPerson
) -> tuple[PersonLink, Person]:
    """The same for a project."""
    project = await projects.lock_for_change(session, principal, project_id)
    return await _end(session, await _link(session, PersonLink.project_id == project.id, link_id), principal, sent)


def _require_capacity(editions: Editions, principal: Principal, sent: LinkPerson, *, without: str = "") -> None:
    known = edition_at(editions, principal.today).incubation.person_capacities
    require_known("capacity", [sent.capacity], [word for word in known if word != without])


async def _may_name(session: AsyncSession, principal: Principal, enterprise: Enterprise, sent: LinkPerson) -> bool:
    if enterprise.legal_representative_ref in (None, sent.person_ref) or principal.has(*OFFICERS):
        return True
    return await speaks_for(session, principal, enterprise.id)


async def _require_new(session: AsyncSession, person: Person, wanted: PersonLink) -> None:
    query = select(PersonLink.id).where(
        PersonLink.person_id == person.id,
        PersonLink.enterprise_id == wanted.enterprise_id,
        PersonLink.project_id == wanted.project_id,
        PersonLink.capacity == wanted.capacity,
        PersonLink.until.is_(None),
    )
    if await session.scalar(query) is not None:
        raise DomainError("person-already-linked", 409)


async def _succeed(
    session: AsyncSession, enterprise: Enterprise, person: Person, since: date, principal: Principal
) -> None:
    before = select(PersonLink).where(
        PersonLink.enterprise_id == enterprise.id,
        PersonLink.capacity == LEGAL_REPRESENTATIVE,
        PersonLink.status == CONFIRMED,
        PersonLink.until.is_(None),
    )
    for link in await session.scalars(before.with_for_update()):
        former = await session.get_one(Person, link.person_id, with_for_update=True)
        link.until = max(link.since, since - _DAY)
        await _tell(session, rc.PersonUnlinked, link, former, principal)
    await session.flush()
    if enterprise.legal_representative_ref != person.ref:
        enterprise.legal_representative_ref = person.ref
        context = EventContext.of(principal, since)
        state = enterprise_state(enterprise)
        await outbox.append(
            session, rc.EnterpriseAmended, enterprise, state, context=context, rules=("enterprise.identity",)
        )


async def _found(session: AsyncSession, project: Project, person: Person, principal: Principal) -> None:
    project.founder_ref = person.ref
    context = EventContext.of(principal)
    await outbox.append(session, rc.ProjectAmended, project, project_state(project), context=context)


async def _write(
    session: AsyncSession, link: PersonLink, person: Person, principal: Principal, sent: LinkPerson, *, seen: bool
) -> PersonLink:
    link.recorded_by, link.recorded_on = principal.account_id, principal.today
    link.status = CONFIRMED if seen else CLAIMED
    link.claimed_name = None if seen else sent.name
    session.add(link)
    await session.flush()
    locked = await hold_person(session, person.id)
    await _tell(session, rc.PersonLinked, link, locked, principal)
    return link


async def _link(session: AsyncSession, whose: ColumnElement[bool], link_id: UUID) -> PersonLink:
    query = select(PersonLink).where(PersonLink.id == link_id, whose, PersonLink.until.is_(None))
    link: PersonLink | None = await session.scalar(query.with_for_update())
    if link is None:
        raise not_found("person")
    return link


async def _end(
    session: AsyncSession, link: PersonLink, principal: Principal, sent: UnlinkPerson
) -> tuple[PersonLink, Person]:
    link.until = step_day(principal, sent.until, after=link.since)
    person = await session.get_one(Person, link.person_id, with_for_update=True)
    await _tell(session, rc.PersonUnlinked, link, person, principal)
    return link, person


async def _tell(
    session: AsyncSession,
    event_type: EventType[rc.PersonLinkState],
    link: PersonLink,
    person: Person,
    principal: Principal,
) -> None:
    state = rc.PersonLinkState(
        id=person.id,
        ref=person.ref,
        enterprise_id=link.enterprise_id,
        project_id=link.project_id,
        capacity=link.capacity,
        since=link.since,
        until=link.until,
        status=link.status,
    )
    context = EventContext.of(principal, link.until or link.since)
    await outbox.append(session, event_type, person, state, context=context)
