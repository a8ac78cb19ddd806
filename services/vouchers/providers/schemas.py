"""Providers as sent and shown."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, JsonValue, StringConstraints

from services.vouchers.providers.rules import RefusalReason, Status
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
    declares_no_penalty: bool = False
    """The organisation declares that it had no penalty within the edition's months."""


class ProviderChange(Request):
    """What the applicant corrects; what is left out stays."""

    name: Title | None = None
    categories: Annotated[list[Word], Field(min_length=1, max_length=100)] | None = None
    legal_representative_ref: PersonRef | None = None
    declares_no_penalty: bool | None = None


class ProviderWithdrawal(Request):
    """Why the provider leaves."""

    reason_code: Literal["no_longer_offered", "closed_down", "reorganised", "other"] = "no_longer_offered"


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
    """A provider as everybody may see it. `rating` is the average of `ratings` ratings, one decimal, from 1 to 5; it
    may sell as long as it is admitted, up to `admitted_until` and `licensed_until`, both inclusive."""

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
    declared_on: date | None = None
    admitted_until: date | None = None
    licensed_until: date | None = None
    review_due_on: date | None = None
    suspended_until: date | None = None
    ended_on: date | None = None
    edition: str
    rating: str | None = None
    ratings: int = 0


class ProviderFile(ProviderOut):
    """A provider with the decision on it, where one was made."""

    decision: dict[str, JsonValue] | None = None


class ProviderEnded(Response):
    """How many admissions expired, and how many suspensions were over."""

    expired: int
    reinstated: int


class ProviderFilter(PageParams):
    """Filters of the list."""

    no: CaseNo | None = None
    code: UnifiedSocialCreditCode | None = None
    category: Word | None = None
    status: Status | None = None
    name: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    """Part of the name."""
    selling_on: date | None = None
    """Those that may sell on that day."""
    admitted_until_from: date | None = None
    admitted_until_to: date | None = None
    sort: Literal["id", "name", "rating"] = "id"
    """`rating`: the best rated first; those without a rating last."""
