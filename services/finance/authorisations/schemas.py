"""What is sent and answered about authorisations."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.finance.banks.schemas import BankCode
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord
from shared.identifiers import UnifiedSocialCreditCode

Purpose = Annotated[str, EditionWord(lambda edition: edition.banking.authorisations.purposes)]
DataField = Annotated[str, EditionWord(lambda edition: edition.banking.authorisations.fields)]
State = Literal["upcoming", "valid", "ended", "withdrawn"]


class AuthorisationIn(Request):
    """Which banks may be told what, for what, until when. One authorisation comes into being for each bank, so that
    each can be withdrawn by itself. `valid_from` is today unless sent."""

    banks: Annotated[list[BankCode], Field(min_length=1, max_length=20)]
    purpose: Purpose
    fields: Annotated[list[DataField], Field(min_length=1, max_length=20)]
    valid_from: date | None = None
    valid_until: date
    document_no: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class AuthorisationFilter(PageParams):
    """Filters of the list; `valid_on` finds those that hold on a day."""

    no: str | None = Field(default=None, max_length=40)
    bank: BankCode | None = None
    purpose: Purpose | None = None
    enterprise_code: UnifiedSocialCreditCode | None = None
    valid_on: date | None = None
    withdrawn: bool | None = None
    sort: Literal["no", "-no"] = "-no"


class AuthorisationOut(Response):
    """An authorisation; `state` as of today."""

    id: UUID
    no: str
    version: int
    livemode: bool
    enterprise_code: str
    bank: str
    purpose: str
    fields: list[str]
    valid_from: date
    valid_until: date
    state: State
    document_no: str | None
    granted_on: date
    withdrawn_on: date | None
    withdrawn_at: datetime | None
    created_at: datetime
    updated_at: datetime


class AuthorisationBatch(Response):
    """What one request has brought about, one for each bank."""

    items: list[AuthorisationOut]
