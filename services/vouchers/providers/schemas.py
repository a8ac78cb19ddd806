"""Providers as sent and shown."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from services.vouchers.providers.rules import RefusalReason
from services.vouchers.schemas import CaseNo, Decided, Title, Word
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.identifiers import UnifiedSocialCreditCode

PersonRef = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
"""The opaque reference by which the registry knows a person."""


class ProviderNew(Request):
    """An application to offer services; `code` is that of the caller's own account."""

    code: UnifiedSocialCreditCode | None = None
    name: Title
    categories: Annotated[list[Word], Field(min_length=1, max_length=100)]
    legal_representative_ref: PersonRef | None = None


class ProviderReview(Decided):
    """An officer proposes admission; the legal representative as found in the register, if not stated."""

    legal_representative_ref: PersonRef | None = None


class ProviderRepresentative(Request):
    """The legal representative as found in the register."""

    legal_representative_ref: PersonRef


class ProviderRefusal(Decided):
    """A refusal, with its reason."""

    reason_code: RefusalReason


class ProviderOut(Response):
    """A provider as everybody may see it."""

    id: UUID
    no: str
    code: str
    name: str
    status: str
    categories: list[str]
    applied_on: date
    reviewed_on: date | None
    decided_on: date | None
    admitted_on: date | None
    reason_code: str | None


class ProviderFilter(PageParams):
    """Filters of the list."""

    no: CaseNo | None = None
    code: UnifiedSocialCreditCode | None = None
    category: Word | None = None
    status: Literal["applied", "reviewed", "admitted", "refused"] | None = None
