"""The project library as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.registry.codes import DocumentNo, IndustryCode, Name, ReasonCode, Remark
from services.registry.names.schemas import SearchText
from services.registry.partners.schemas import Province
from services.registry.persons.schemas import NamedContact
from services.registry.project_library.rules import OWNER_KINDS, ROUND_STATUSES, STATUSES
from services.registry.texts import NoMobile
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord, OneOf

PublicText = Annotated[str, Field(min_length=1, max_length=2000), NoMobile]
"""A text that others read: no mobile numbers in it, as identity numbers are in none."""

PublicName = Annotated[Name, NoMobile]
Stage = Annotated[str, Field(min_length=1, max_length=64, examples=["prototype"])]
OwnerKind = Literal["graduate", "school"]


class PaperConsent(Request):
    """The owner's consent on paper, where somebody else than the owner enters the project."""

    given_on: date
    document_no: DocumentNo


class DraftItem(Request):
    """A project for the library. A founder offers an own one; a centre or an officer names the owner and the paper by
    which it consents. `school_document_no` is the letter of a school that offers it with the owner's consent."""

    name: PublicName
    summary: PublicText
    industry_code: IndustryCode
    stage: Stage
    province: Province
    school: Name
    owner_kind: OwnerKind = "graduate"
    school_document_no: DocumentNo | None = None
    project_id: UUID | None = None
    centre_id: UUID | None = None
    owner: NamedContact | None = None
    consent: PaperConsent | None = None


class AmendItem(Request):
    """Fields left out stay as they are."""

    name: PublicName | None = None
    summary: PublicText | None = None
    industry_code: IndustryCode | None = None
    stage: Stage | None = None
    province: Province | None = None
    school: Name | None = None


class SubmitItem(Request):
    """`submitted_on`: for bureaus only."""

    submitted_on: date | None = None


class ReturnItem(Request):
    """Sends it back as a draft."""

    reason_code: ReasonCode
    remark: Remark | None = None
    returned_on: date | None = None


class CheckItem(Request):
    """`round_id`: the round that is to publish it; without one it is put up by itself, or scheduled later."""

    round_id: UUID | None = None
    checked_on: date | None = None


class ScheduleItem(Request):
    """The round that is to publish it; null takes it out of its round."""

    round_id: UUID | None


class PublishItem(Request):
    """Puts the publish switch on."""

    published_on: date | None = None


class SwitchOffItem(Request):
    """Puts the publish switch off."""

    reason_code: ReasonCode
    remark: Remark | None = None
    switched_off_on: date | None = None


class WithdrawItem(Request):
    """Takes it out of the library for good."""

    reason_code: ReasonCode
    remark: Remark | None = None
    withdrawn_on: date | None = None


class PublicLibraryItemOut(Response):
    """A project as everybody reads it: nobody is named."""

    id: UUID
    no: str
    name: str
    summary: str
    industry_code: str
    stage: str
    province: str
    school: str
    owner_kind: OwnerKind
    status: str
    published_on: date | None


class LibraryItemOut(PublicLibraryItemOut):
    """A project as those see it who take part in it; the owner by its reference."""

    version: int
    project_id: UUID | None
    owner_ref: str
    school_document_no: str | None
    centre_id: UUID | None
    edition: str
    decision: StoredDecision | None
    round_id: UUID | None
    claim_id: UUID | None
    drafted_by: str
    submitted_by: str | None
    submitted_on: date | None
    checked_by: str | None
    checked_on: date | None
    published_by: str | None
    first_published_on: date | None
    withdrawn_on: date | None
    reason_code: str | None
    remark: str | None = None


class LibrarySwitchOut(Response):
    """When a project was put up or taken off, and by what."""

    id: UUID
    public: bool
    switched_on: date
    cause: Literal["round", "officer", "claim", "withdrawal"]
    round_id: UUID | None


class ItemFilter(PageParams):
    """Filters of the list. `q` finds projects by part of the name or the initials of its pinyin; `industry` by the
    section or the first characters of GB/T 4754; `school` by any part of its name."""

    no: str | None = None
    q: SearchText | None = None
    industry: Annotated[str, Field(pattern=r"^[A-T][0-9]{0,4}$")] | None = None
    stage: Annotated[str, EditionWord(lambda edition: edition.project_library.stages)] | None = None
    province: Province | None = None
    school: str | None = Field(default=None, min_length=1, max_length=100)
    owner_kind: Annotated[str, OneOf(*OWNER_KINDS)] | None = None
    status: Annotated[str, OneOf(*STATUSES)] | None = None
    round_id: UUID | None = None
    centre_id: UUID | None = None
    project_id: UUID | None = None
    sort: Literal["drafted", "-drafted", "name", "-name"] = "drafted"


class PlanRound(Request):
    """A day on which what was checked for it is published together."""

    title: PublicName
    publishes_on: date


class PublishRound(Request):
    """`published_on`: for bureaus, not before the round's own day."""

    published_on: date | None = None


class CancelRound(Request):
    """Why it does not take place."""

    reason_code: ReasonCode


class RoundFilter(PageParams):
    """Filters of the list."""

    no: str | None = None
    status: Annotated[str, OneOf(*ROUND_STATUSES)] | None = None


class LibraryRoundOut(Response):
    """A publication round; `items` is how many projects are scheduled for it or were published by it."""

    id: UUID
    version: int
    no: str
    title: str
    publishes_on: date
    status: str
    published_on: date | None
    reason_code: str | None
    items: int


class PublishedRoundOut(LibraryRoundOut):
    """`left_out`: projects whose owner's consent does not run any more; they were not put up."""

    left_out: list[UUID]


class LibraryCountsFilter(Request):
    """Which year."""

    year: int = Field(ge=2000, le=2100)


class LibraryYearOut(Response):
    """The library's year: projects put up for the first time and at all, choices made, what became of the choices that
    ended within it, and how many were followed up at its end."""

    year: int
    first_published: int
    published: int
    public_at_the_end: int
    claimed: int
    in_follow_up_at_the_end: int
    follow_ups: int
    succeeded: int
    abandoned: int
    abandoned_by_reason: dict[str, int]
    lapsed: int
