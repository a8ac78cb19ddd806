"""Staff as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.registry.codes import DocumentNo, Name
from services.registry.persons.schemas import NamedPerson
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord

Word = Annotated[str, Field(min_length=1, max_length=64)]


class Certificate(Request):
    """A certificate by name and number; without `valid_until` it does not expire."""

    name: Name
    number: DocumentNo
    issued_on: date
    valid_until: date | None = None


class AddStaff(NamedPerson):
    """Who it is: the `person_ref` of somebody on record, or the name and the number of the identity card, which enter
    whoever is new. `role` is a word of the edition, `from_on` the first day.

    `another_person` is a bureau's answer where it enters somebody by name alone and the centre has a namesake of his.
    """

    role: Word
    full_time: bool
    from_on: date
    certificates: Annotated[list[Certificate], Field(max_length=20)] = Field(default_factory=list)
    another_person: bool = False


class LeaveStaff(Request):
    """The last day."""

    until_on: date


class CertificateOut(Response):
    """A certificate; `valid` on the day of the answer."""

    id: UUID
    name: str
    number: str
    issued_on: date
    valid_until: date | None
    valid: bool


class StaffOut(Response):
    """Somebody's work at a centre."""

    id: UUID
    version: int
    centre_id: UUID
    person_ref: str
    role: str
    full_time: bool
    from_on: date
    until_on: date | None
    recorded_by: str
    certificates: list[CertificateOut]


class StaffFilter(PageParams):
    """Filters of the register; `on` asks who worked there on a day."""

    role: Annotated[str, EditionWord(lambda edition: edition.centre_profile.staff_roles)] | None = None
    full_time: bool | None = None
    person_ref: str | None = None
    on: date | None = None
