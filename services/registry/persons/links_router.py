"""`/v1/enterprises/{id}/persons` and `/v1/projects/{id}/persons`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy import ColumnElement, Row, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS, person_of
from services.registry.days import require_begun
from services.registry.enterprises import queries as enterprises
from services.registry.persons import links
from services.registry.persons.models import Person, PersonLink
from services.registry.persons.numbers import MaybeKeys
from services.registry.persons.queries import BUREAUS, behind_enterprise, find, links_matching, read_scope
from services.registry.persons.schemas import LinkFilter, LinkOut, LinkPerson, UnlinkPerson
from services.registry.persons.showing import NotReplayed, shown_link
from services.registry.persons.sight import in_sight
from services.registry.persons.tries import limited
from services.registry.projects import queries as projects
from shared.auth.principal import Principal, require
from shared.auth.roles import AUDITOR, CENTRE_OPERATOR, ENTERPRISE, FOUNDER
from shared.db import Session
from shared.errors import not_found
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep
from shared.sealing import Keyring

enterprise_router = APIRouter(prefix="/v1/enterprises/{enterprise_id}", tags=["persons"], route_class=ServiceRoute)
project_router = APIRouter(prefix="/v1/projects/{project_id}", tags=["persons"], route_class=ServiceRoute)
person_router = APIRouter(prefix="/v1/persons/{person_id}", tags=["persons"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, ENTERPRISE, FOUNDER, *BUREAUS, AUDITOR))]
Keeper = Annotated[Principal, Depends(require(CENTRE_OPERATOR, ENTERPRISE, *OFFICERS))]
TeamKeeper = Annotated[Principal, Depends(require(CENTRE_OPERATOR, FOUNDER, *OFFICERS))]
Concerned = Annotated[Principal, Depends(require(FOUNDER, *BUREAUS, AUDITOR))]
Confirmer = Annotated[Principal, Depends(require(FOUNDER, *OFFICERS))]

_REFUSED = problem_responses(403, 404, 409, 503)
_LIMITED = problem_responses(403, 404, 409, 429, 503)


@enterprise_router.get("/persons", responses=problem_responses(404))
async def list_enterprise_persons(
    enterprise_id: UUID,
    session: Session,
    principal: Reader,
    keys: MaybeKeys,
    wanted: Annotated[LinkFilter, Query()],
) -> Page[LinkOut]:
    """Who stands and stood behind the enterprise, the project it was included."""
    await enterprises.find(session, enterprises.read_scope(principal), enterprise_id, below="/persons")
    whose = and_(behind_enterprise(enterprise_id), in_sight(principal, PersonLink))
    return await _links(session, principal, whose, keys, wanted)


@enterprise_router.post("/persons", status_code=201, responses=_LIMITED)
async def link_to_enterprise(
    enterprise_id: UUID,
    body: LinkPerson,
    session: Session,
    principal: Keeper,
    runtime: RuntimeDep,
    keys: MaybeKeys,
    _: NotReplayed,
) -> LinkOut:
    """Name a person behind the enterprise."""
    async with limited(runtime, session, principal):
        link = await links.link_to_enterprise(session, runtime.editions, keys, principal, enterprise_id, body)
    return shown_link(link, await session.get_one(Person, link.person_id), keys)


@enterprise_router.post("/persons/{link_id}/end", responses=_REFUSED)
async def unlink_from_enterprise(
    enterprise_id: UUID, link_id: UUID, body: UnlinkPerson, session: Session, principal: Keeper, keys: MaybeKeys
) -> LinkOut:
    """The person does so no more."""
    link, person = await links.unlink_from_enterprise(session, principal, enterprise_id, link_id, body)
    return shown_link(link, person, keys)


@project_router.get("/persons", responses=problem_responses(404))
async def list_project_persons(
    project_id: UUID,
    session: Session,
    principal: Reader,
    keys: MaybeKeys,
    wanted: Annotated[LinkFilter, Query()],
) -> Page[LinkOut]:
    """Who stands and stood behind the project."""
    await projects.find(session, projects.read_scope(principal), project_id)
    whose = and_(PersonLink.project_id == project_id, in_sight(principal, PersonLink))
    return await _links(session, principal, whose, keys, wanted)


@person_router.get("/links", responses=problem_responses(404))
async def list_links(
    person_id: UUID,
    session: Session,
    principal: Concerned,
    keys: MaybeKeys,
    wanted: Annotated[LinkFilter, Query()],
) -> Page[LinkOut]:
    """What the person stands behind, claims that wait to be confirmed included: for bureaus and the person itself."""
    person = await find(session, principal, person_id)
    if person_of(principal) != person.ref and not principal.has(*BUREAUS, AUDITOR):
        raise not_found("person")
    return await _links(session, principal, PersonLink.person_id == person_id, keys, wanted)


@person_router.post("/links/{link_id}/confirm", responses=_REFUSED)
async def confirm_link(
    person_id: UUID, link_id: UUID, session: Session, principal: Confirmer, keys: MaybeKeys
) -> LinkOut:
    """What was claimed is so."""
    link, person = await links.confirm_link(session, principal, person_id, link_id)
    return shown_link(link, person, keys)


@project_router.post("/persons", status_code=201, responses=_LIMITED)
async def link_to_project(
    project_id: UUID,
    body: LinkPerson,
    session: Session,
    principal: TeamKeeper,
    runtime: RuntimeDep,
    keys: MaybeKeys,
    _: NotReplayed,
) -> LinkOut:
    """Name a person behind the project."""
    async with limited(runtime, session, principal):
        link = await links.link_to_project(session, runtime.editions, keys, principal, project_id, body)
    return shown_link(link, await session.get_one(Person, link.person_id), keys)


@project_router.post("/persons/{link_id}/end", responses=_REFUSED)
async def unlink_from_project(
    project_id: UUID, link_id: UUID, body: UnlinkPerson, session: Session, principal: TeamKeeper, keys: MaybeKeys
) -> LinkOut:
    """The person does so no more."""
    link, person = await links.unlink_from_project(session, principal, project_id, link_id, body)
    return shown_link(link, person, keys)


async def _links(
    session: AsyncSession, principal: Principal, whose: ColumnElement[bool], keys: Keyring | None, wanted: LinkFilter
) -> Page[LinkOut]:
    seen = read_scope(principal).label("seen")
    query = select(PersonLink, Person, seen).join(Person, Person.id == PersonLink.person_id)
    require_begun(principal, wanted.on)
    found = query.where(whose, links_matching(wanted))

    def item(row: Row[PersonLink, Person, bool]) -> LinkOut:
        return shown_link(row[0], row[1], keys, seen=row[2])

    return await paginate(session, found, keys=[PersonLink.id], params=wanted, item=item)
