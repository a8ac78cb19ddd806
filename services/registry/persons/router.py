"""`/v1/persons`."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import select

from services.registry.access import OFFICERS
from services.registry.persons import usecases
from services.registry.persons.models import Graduation, Person
from services.registry.persons.numbers import Keys, MaybeKeys
from services.registry.persons.queries import BUREAUS, HR, REVEALERS, find, matching, read_scope
from services.registry.persons.schemas import (
    AmendPerson,
    FindPerson,
    GraduationOut,
    PersonFilter,
    PersonOut,
    RecordGraduation,
    RevealedOut,
    RevealNumber,
)
from services.registry.persons.showing import NotReplayed, shown
from shared.auth.principal import Principal, require
from shared.auth.roles import AUDITOR, CENTRE_OPERATOR, ENTERPRISE, FOUNDER, MENTOR
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, PageParams, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/persons", tags=["persons"], route_class=ServiceRoute)

Bureau = Annotated[Principal, Depends(require(*BUREAUS, AUDITOR))]
Finder = Annotated[Principal, Depends(require(*BUREAUS))]
Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, ENTERPRISE, FOUNDER, MENTOR, *BUREAUS, AUDITOR))]
Corrector = Annotated[Principal, Depends(require(*OFFICERS, *HR))]
Recorder = Annotated[Principal, Depends(require(CENTRE_OPERATOR, ENTERPRISE, FOUNDER, *OFFICERS, *HR))]
Revealer = Annotated[Principal, Depends(require(*REVEALERS))]


@router.get("")
async def list_persons(
    session: Session, principal: Bureau, keys: MaybeKeys, wanted: Annotated[PersonFilter, Query()]
) -> Page[PersonOut]:
    """Persons, numbers masked."""
    query = select(Person).where(read_scope(principal), matching(wanted))
    return await paginate(session, query, keys=[Person.id], params=wanted, item=partial(shown, keys=keys))


@router.post("/find", responses=problem_responses(404, 503))
async def find_person(
    body: FindPerson, session: Session, principal: Finder, keys: Keys, _: NotReplayed, response: Response
) -> PersonOut:
    """Find a person by the number of the identity card."""
    person = await usecases.find_by_number(session, keys, principal, body.id_number)
    set_etag(response, person.version)
    return shown(person, keys)


@router.get("/{person_id}", responses=problem_responses(404))
async def read_person(
    person_id: UUID, session: Session, principal: Reader, keys: MaybeKeys, response: Response
) -> PersonOut:
    """One person, the number masked."""
    person = await find(session, principal, person_id)
    set_etag(response, person.version)
    return shown(person, keys)


@router.patch("/{person_id}", responses=problem_responses(404, 409, 412, 428, 503))
async def amend_person(
    person_id: UUID,
    body: AmendPerson,
    session: Session,
    principal: Corrector,
    keys: MaybeKeys,
    response: Response,
    if_match: IfMatch = None,
) -> PersonOut:
    """Correct the name, add or correct the number."""
    person = await usecases.amend_person(session, keys, principal, person_id, body, if_match=if_match)
    set_etag(response, person.version)
    return shown(person, keys)


@router.post("/{person_id}/reveal", responses=problem_responses(404, 409, 503))
async def reveal_number(
    person_id: UUID,
    body: RevealNumber,
    session: Session,
    principal: Revealer,
    runtime: RuntimeDep,
    keys: Keys,
    _: NotReplayed,
    response: Response,
) -> RevealedOut:
    """The whole number, for a reason that is kept."""
    person, number = await usecases.reveal_number(session, runtime.editions, keys, principal, person_id, body)
    response.headers["Cache-Control"] = "private, no-store"
    return RevealedOut(person_ref=person.ref, id_number=number)


@router.get("/{person_id}/graduations", responses=problem_responses(404))
async def list_graduations(
    person_id: UUID, session: Session, principal: Reader, wanted: Annotated[PageParams, Query()]
) -> Page[GraduationOut]:
    """The person's graduations."""
    await find(session, principal, person_id)
    query = select(Graduation).where(Graduation.person_id == person_id)
    return await paginate(session, query, keys=[Graduation.id], params=wanted, item=GraduationOut.model_validate)


@router.post("/{person_id}/graduations", status_code=201, responses=problem_responses(404, 409))
async def record_graduation(
    person_id: UUID, body: RecordGraduation, session: Session, principal: Recorder
) -> GraduationOut:
    """Enter that the person is a graduate, with evidence."""
    graduation = await usecases.record_graduation(session, principal, person_id, body)
    return GraduationOut.model_validate(graduation)


@router.post("/{person_id}/graduations/{graduation_id}/confirm", responses=problem_responses(403, 404))
async def confirm_graduation(
    person_id: UUID, graduation_id: UUID, session: Session, principal: Corrector
) -> GraduationOut:
    """Confirm the papers; not by whoever entered them."""
    graduation = await usecases.confirm_graduation(session, principal, person_id, graduation_id)
    return GraduationOut.model_validate(graduation)
