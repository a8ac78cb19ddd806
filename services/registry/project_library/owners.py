"""Whose a project is, what it is offered with, and the consent behind it."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import operator_code_of, person_of
from services.registry.centres.models import Centre
from services.registry.centres.rules import require_state
from services.registry.persons.consents import OWN_ACCOUNT, give_consent, require_consent
from services.registry.persons.contacts import person_with_contact
from services.registry.persons.models import CONFIRMED, Person, PersonLink
from services.registry.persons.queries import is_graduate
from services.registry.project_library import rules
from services.registry.project_library.models import LibraryItem
from services.registry.project_library.queries import LIBRARIANS, PURPOSE, own_centres
from services.registry.project_library.schemas import DraftItem
from services.registry.projects import queries as projects
from services.registry.projects.models import Project
from services.registry.projects.usecases import OPEN
from shared.auth.principal import Principal
from shared.errors import DomainError, not_found
from shared.http.validation import PayloadInvalid
from shared.policy.decision import Decision
from shared.policy.edition import Edition, Editions
from shared.runtime import Runtime
from shared.sealing import Keyring

SUBJECT: Final = "library_item"
PAPER: Final = "paper"


def acts_for_itself(principal: Principal) -> bool:
    """A founder who offers an own project, and is neither an operator nor an officer."""
    own = person_of(principal)
    return own is not None and not principal.has(*LIBRARIANS) and operator_code_of(principal) is None


async def owner_of(
    session: AsyncSession, runtime: Runtime, keys: Keyring | None, principal: Principal, sent: DraftItem
) -> Person:
    """The founder itself, or whom a centre or an officer names with the paper of the consent.

    Raises 422 for a founder who names somebody else, and for anybody else who names nobody or no paper; 409
    `library-person-unknown` for a founder whom the register of persons does not know.
    """
    if acts_for_itself(principal):
        for field in ("owner", "consent", "centre_id"):
            if getattr(sent, field) is not None:
                raise PayloadInvalid.at(field, "extra_forbidden")
        return await own_person(session, principal)
    if sent.owner is None:
        raise PayloadInvalid.at("owner", "missing")
    if sent.consent is None:
        raise PayloadInvalid.at("consent", "missing")
    person, _ = await person_with_contact(session, runtime, keys, principal, sent.owner)
    return person


async def own_person(session: AsyncSession, principal: Principal) -> Person:
    """The founder who asks. Raises 409 `library-person-unknown` where the register of persons does not know it."""
    person: Person | None = await session.scalar(select(Person).where(Person.ref == person_of(principal)))
    if person is None:
        raise DomainError("library-person-unknown", 409)
    return person


async def place_of(session: AsyncSession, principal: Principal, sent: DraftItem) -> UUID | None:
    """The centre that drafts it: an operator names an own one. Raises 404, 422."""
    if sent.centre_id is None:
        if operator_code_of(principal) is not None and not principal.has(*LIBRARIANS):
            raise PayloadInvalid.at("centre_id", "missing")
        return None
    wanted = select(Centre.id).where(Centre.id == sent.centre_id)
    if not principal.has(*LIBRARIANS):
        wanted = wanted.where(Centre.id.in_(own_centres(principal)))
    if await session.scalar(wanted) is None:
        raise not_found("centre")
    return sent.centre_id


async def hold_project(session: AsyncSession, principal: Principal, project_id: UUID) -> None:
    """The project on record, open and not offered already; locked, so that it is offered once.

    Raises 404, 409 `invalid-transition`, `library-project-twice`.
    """
    await projects.find(session, projects.read_scope(principal), project_id)
    project = await session.get_one(Project, project_id, with_for_update=True, populate_existing=True)
    require_state(project.status, OPEN)
    offered = select(LibraryItem.no).where(
        LibraryItem.project_id == project_id, LibraryItem.status.not_in([rules.WITHDRAWN, rules.SUCCEEDED])
    )
    if (number := await session.scalar(offered)) is not None:
        raise DomainError("library-project-twice", 409, params={"no": number}, clauses=["4.8-4"])


async def agree(
    session: AsyncSession, editions: Editions, principal: Principal, item: LibraryItem, owner: Person, sent: DraftItem
) -> None:
    """Record the owner's consent to this project."""
    paper = sent.consent
    await give_consent(
        session,
        principal,
        owner,
        PURPOSE,
        given_on=principal.today if paper is None else paper.given_on,
        channel=OWN_ACCOUNT if paper is None else PAPER,
        subject_kind=SUBJECT,
        subject_id=item.id,
        document_no=None if paper is None else paper.document_no,
        editions=editions,
    )


async def require_agreed(session: AsyncSession, item: LibraryItem, day: date) -> None:
    """409 `consent-missing` unless the owner's consent runs on the day."""
    await require_consent(session, item.owner_person_id, PURPOSE, day, subject_id=item.id)


async def test_owner(session: AsyncSession, edition: Edition, item: LibraryItem) -> Decision:
    """Whether the owner may offer it (4.8-4)."""
    graduate = await is_graduate(session, item.owner_person_id)
    behind = None if item.project_id is None else await _stands_behind(session, item.owner_person_id, item.project_id)
    return rules.decide_owner(edition, rules.Owner(item.owner_kind, graduate, behind))


async def _stands_behind(session: AsyncSession, person_id: UUID, project_id: UUID) -> bool:
    link, person = PersonLink, await session.get_one(Person, person_id)
    founded = exists().where(Project.id == project_id, Project.founder_ref == person.ref)
    linked = exists().where(
        link.project_id == project_id,
        link.person_id == person_id,
        link.status == CONFIRMED,
        link.until.is_(None),
    )
    return bool(await session.scalar(select(founded | linked)))
