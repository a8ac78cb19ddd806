"""Consents, contacts and what was given out of a person, as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.registry.codes import DocumentNo, ReasonCode, Remark
from services.registry.persons.schemas import ContactText, PersonOut
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord

PurposeCode = Annotated[str, Field(min_length=1, max_length=64, examples=["mentor_public_page"])]
ChannelCode = Annotated[str, Field(min_length=1, max_length=64, examples=["paper"])]


class GiveConsent(Request):
    """What the person agrees to. With its own account nothing else is needed; an officer names the signed paper."""

    purpose: PurposeCode
    given_on: date | None = None
    channel: ChannelCode = "own_account"
    document_no: DocumentNo | None = None


class WithdrawConsent(Request):
    """That the person takes it back: with its own account, or by a paper that came in (`withdrawn_on`)."""

    withdrawn_on: date | None = None
    channel: ChannelCode = "own_account"
    document_no: DocumentNo | None = None


class KeepContacts(Request):
    """How the person is reached; what is left out stays as it is."""

    mobile: ContactText | None = None
    email: ContactText | None = None


class RevealContact(Request):
    """Why a whole contact is needed, and the document that asks for it."""

    kind: Literal["mobile", "email"]
    reason_code: ReasonCode
    document_no: DocumentNo
    remark: Remark | None = None


class ConsentOut(Response):
    """A consent. It runs through `retain_until`, the last day on which data are kept for it, unless it was withdrawn
    before."""

    id: UUID
    purpose: str
    subject_kind: str | None
    subject_id: UUID | None
    given_on: date
    channel: str
    document_no: str | None
    retain_until: date
    withdrawn_on: date | None
    withdrawal_channel: str | None
    lapsed_on: date | None
    open: bool


class ContactsOut(Response):
    """How the person is reached, shown in part."""

    mobile: str | None
    email: str | None


class RevealedContactOut(Response):
    """The whole contact; the answer is stored nowhere."""

    person_ref: str
    kind: str
    contact: str


class OwnRecordOut(PersonOut, ContactsOut):
    """What is kept of oneself, shown in part."""


class ExportOut(Response):
    """That data of the person were given out: of which list, why, by which document."""

    id: UUID
    subject_kind: str
    subject_id: UUID | None
    reason_code: str
    document_no: str
    exported_on: date
    exported_by: str | None
    """The account, for bureaus and the auditor."""


class ErasedOut(Response):
    """How much there was to erase; `more` if something is left for another call."""

    consents_lapsed: int
    persons_erased: int
    more: bool


class ConsentFilter(PageParams):
    """Filters of a person's consents."""

    purpose: Annotated[str, EditionWord(lambda edition: edition.personal_data.purposes)] | None = None
    open: bool | None = None
