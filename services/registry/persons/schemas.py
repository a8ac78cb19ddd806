"""Persons as JSON. Numbers come in once and go out masked."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, SecretStr

from services.registry.codes import DocumentNo, Evidence, Name, PersonRef, ReasonCode, Remark
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord

IdentityNumber = Annotated[SecretStr, Field(min_length=1, max_length=40)]
"""A resident identity card number (GB 11643): never repeated in an answer, an error, a log line or an event."""

ContactText = Annotated[SecretStr, Field(min_length=3, max_length=120)]
"""A mobile number, of China where no country is named, or an address of electronic mail: sealed, and shown in part."""

Capacity = Annotated[str, Field(max_length=64, examples=["founder"])]


class NamedPerson(Request):
    """A person known by `person_ref`, or by a name and, if there is one, the number of the identity card, which parties
    send together. Officers may give a new person the reference that is in use for it already."""

    person_ref: PersonRef | None = None
    name: Name | None = None
    id_number: IdentityNumber | None = None


class NamedContact(NamedPerson):
    """A person with how to reach it; what is left out stays as it is."""

    mobile: ContactText | None = None
    email: ContactText | None = None


class LinkPerson(NamedPerson):
    """A person behind an enterprise or project, named as any person."""

    capacity: Capacity
    since: date | None = None


class UnlinkPerson(Request):
    """`until` is the last day in that capacity."""

    until: date | None = None


class FindPerson(Request):
    """By the number of the identity card; a body, because addresses are logged."""

    id_number: IdentityNumber


class AmendPerson(Request):
    """Fields left out stay as they are. A number can be added or corrected, not taken away."""

    name: Name | None = None
    id_number: IdentityNumber | None = None


class RevealNumber(Request):
    """Why the whole number is needed, and the document that asks for it."""

    reason_code: ReasonCode
    document_no: DocumentNo
    remark: Remark | None = None


class RecordGraduation(Request):
    """That the person is a graduate, with the papers that show it."""

    school: Name
    graduated_on: date
    certificate_no: DocumentNo
    evidence: Annotated[list[Evidence], Field(min_length=1, max_length=20)]


class PersonOut(Response):
    """A person; `id_number` shows the last four characters. `place_known` false: look at the card again. What was known
    of somebody was erased on `erased_on`."""

    id: UUID
    version: int
    person_ref: str
    name: str
    id_number: str | None
    place_known: bool | None
    erased_on: date | None = None


class LinkedPersonOut(Response):
    """The person of a link. Of one that is merely claimed, only the name that was sent is shown."""

    id: UUID | None = None
    version: int | None = None
    person_ref: str | None = None
    name: str | None
    id_number: str | None = None
    place_known: bool | None = None
    erased_on: date | None = None


class LinkOut(Response):
    """A person in a capacity, from `since` through `until`.

    `status` is `claimed` where a party named a person that it does not see: an officer or the person itself confirms
    it, and until then it has no effect.
    """

    id: UUID
    person: LinkedPersonOut
    status: Literal["claimed", "confirmed"]
    enterprise_id: UUID | None
    project_id: UUID | None
    capacity: str
    since: date
    until: date | None


class GraduationOut(Response):
    """A graduation; it counts once it is confirmed."""

    id: UUID
    school: str
    graduated_on: date
    certificate_no: str
    evidence: list[str]
    confirmed_on: date | None


class RevealedOut(Response):
    """The whole number; the answer is stored nowhere."""

    person_ref: str
    id_number: str


class PersonFilter(PageParams):
    """Filters of the list."""

    person_ref: str | None = Field(default=None, max_length=64)
    name: str | None = Field(default=None, max_length=200)


class LinkFilter(PageParams):
    """Filters of an enterprise's or project's persons; `on` asks who stood behind it that day."""

    capacity: Annotated[str, EditionWord(lambda edition: edition.incubation.person_capacities)] | None = None
    on: date | None = None
