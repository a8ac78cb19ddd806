"""`/v1/persons/…`: consents, contacts and what was given out; `erase-due` for a given day."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy import select

from services.registry.access import READ_ALL
from services.registry.personal_data import usecases
from services.registry.personal_data.erasing import erase_due
from services.registry.personal_data.schemas import (
    ConsentFilter,
    ConsentOut,
    ContactsOut,
    ErasedOut,
    ExportOut,
    GiveConsent,
    KeepContacts,
    OwnRecordOut,
    RevealContact,
    RevealedContactOut,
    WithdrawConsent,
)
from services.registry.persons.contacts import EMAIL, MOBILE, contacts_of, masked_contact
from services.registry.persons.models import Consent, ExportedPerson, PersonExport
from services.registry.persons.numbers import Keys, MaybeKeys
from services.registry.persons.queries import BUREAUS, REVEALERS
from services.registry.persons.showing import NotReplayed, shown
from shared.auth.principal import Principal, require
from shared.auth.roles import ADMIN, AUDITOR, FOUNDER, MENTOR, SCIENCE_OFFICER
from shared.db import Session
from shared.events.outbox import EventContext
from shared.http.etag import set_etag
from shared.http.paging import Page, PageParams, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep
from shared.sealing import Keyring

router = APIRouter(prefix="/v1/persons", tags=["persons"], route_class=ServiceRoute)

Oneself = Annotated[Principal, Depends(require(FOUNDER, MENTOR))]
Reader = Annotated[Principal, Depends(require(FOUNDER, MENTOR, *BUREAUS, AUDITOR))]
Keeper = Annotated[Principal, Depends(require(FOUNDER, MENTOR, *usecases.KEEPERS))]
Revealer = Annotated[Principal, Depends(require(*REVEALERS))]
Eraser = Annotated[Principal, Depends(require(SCIENCE_OFFICER, ADMIN))]

_NO_STORE = "private, no-store"


@router.get("/self", responses=problem_responses(404))
async def read_oneself(session: Session, principal: Oneself, keys: MaybeKeys, response: Response) -> OwnRecordOut:
    """What is kept of oneself."""
    person = await usecases.oneself(session, principal)
    set_etag(response, person.version)
    response.headers["Cache-Control"] = _NO_STORE
    contacts = await _contacts(session, person.id, keys)
    return OwnRecordOut(**shown(person, keys).model_dump(), **contacts.model_dump())


@router.post("/erase-due", responses=problem_responses(503))
async def erase_what_is_due(principal: Eraser, runtime: RuntimeDep) -> ErasedOut:
    """Erase what may be kept no longer on the caller's day; the worker does the same by itself."""
    return ErasedOut.model_validate(await erase_due(runtime, EventContext.of(principal)))


@router.get("/{person_id}/consents", responses=problem_responses(404))
async def list_consents(
    person_id: UUID, session: Session, principal: Reader, wanted: Annotated[ConsentFilter, Query()]
) -> Page[ConsentOut]:
    """What the person agreed to, also what it took back."""
    person = await usecases.concerned(session, principal, person_id)
    query = select(Consent).where(usecases.matching(person.id, wanted))
    return await paginate(session, query, keys=[Consent.id], params=wanted, item=ConsentOut.model_validate)


@router.post("/{person_id}/consents", status_code=201, responses=problem_responses(404, 409))
async def agree(
    person_id: UUID, body: GiveConsent, session: Session, principal: Keeper, runtime: RuntimeDep
) -> ConsentOut:
    """The person agrees to a purpose."""
    return ConsentOut.model_validate(await usecases.agree(session, runtime.editions, principal, person_id, body))


@router.post("/{person_id}/consents/{consent_id}/withdraw", responses=problem_responses(404, 409))
async def withdraw(
    person_id: UUID,
    consent_id: UUID,
    session: Session,
    principal: Keeper,
    runtime: RuntimeDep,
    body: Annotated[WithdrawConsent, Body(default_factory=WithdrawConsent)],
) -> ConsentOut:
    """The person takes it back."""
    ended = await usecases.withdraw(session, runtime.editions, principal, person_id, consent_id, body)
    return ConsentOut.model_validate(ended)


@router.get("/{person_id}/contacts", responses=problem_responses(404))
async def read_contacts(person_id: UUID, session: Session, principal: Reader, keys: MaybeKeys) -> ContactsOut:
    """How the person is reached, shown in part."""
    person = await usecases.concerned(session, principal, person_id)
    return await _contacts(session, person.id, keys)


@router.post("/{person_id}/contacts", responses=problem_responses(404, 409, 503))
async def keep_contacts(
    person_id: UUID, body: KeepContacts, session: Session, principal: Keeper, keys: Keys, _: NotReplayed
) -> ContactsOut:
    """Correct how the person is reached."""
    person = await usecases.keep_contacts(session, keys, principal, person_id, body)
    return await _contacts(session, person.id, keys)


@router.delete("/{person_id}/contacts/{kind}", status_code=204, responses=problem_responses(404))
async def remove_contact(
    person_id: UUID, kind: Literal["mobile", "email"], session: Session, principal: Keeper
) -> Response:
    """Forget how the person is reached."""
    await usecases.remove_contact(session, principal, person_id, kind)
    return Response(status_code=204)


@router.post("/{person_id}/contacts/reveal", responses=problem_responses(404, 503))
async def reveal_contact(
    person_id: UUID,
    body: RevealContact,
    session: Session,
    principal: Revealer,
    runtime: RuntimeDep,
    keys: Keys,
    _: NotReplayed,
    response: Response,
) -> RevealedContactOut:
    """The whole contact, for a reason that is kept."""
    person, contact = await usecases.reveal_contact(session, runtime.editions, keys, principal, person_id, body)
    response.headers["Cache-Control"] = _NO_STORE
    return RevealedContactOut(person_ref=person.ref, kind=body.kind, contact=contact)


@router.get("/{person_id}/exports", responses=problem_responses(404))
async def list_exports(
    person_id: UUID, session: Session, principal: Reader, wanted: Annotated[PageParams, Query()]
) -> Page[ExportOut]:
    """Where the person's data were given out, and why."""
    person = await usecases.concerned(session, principal, person_id)
    mine = select(ExportedPerson.export_id).where(ExportedPerson.person_id == person.id)
    sees_accounts = principal.has(*READ_ALL)

    def item(taken: PersonExport) -> ExportOut:
        answer = ExportOut.model_validate(taken)
        return answer if sees_accounts else answer.model_copy(update={"exported_by": None})

    query = select(PersonExport).where(PersonExport.id.in_(mine))
    return await paginate(session, query, keys=[PersonExport.id], params=wanted, item=item)


async def _contacts(session: Session, person_id: UUID, keys: Keyring | None) -> ContactsOut:
    rows = (await contacts_of(session, [person_id])).get(person_id, {})
    return ContactsOut(mobile=masked_contact(rows.get(MOBILE), keys), email=masked_contact(rows.get(EMAIL), keys))
