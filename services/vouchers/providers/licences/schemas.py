"""Licences as sent and shown."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.vouchers.schemas import Decided, Title
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response

Number = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class LicenceNew(Request):
    """A licence; `document_id` is a document of the same provider that shows it, `replaces_id` the verified licence
    that it takes the place of."""

    kind: Title
    number: Number
    issuing_body: Title
    valid_from: date
    valid_to: date | None = None
    document_id: UUID | None = None
    replaces_id: UUID | None = None

    @model_validator(mode="after")
    def _days_forward(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise PydanticCustomError("days_backward", "the last day lies before the first")
        return self


class LicenceRejection(Decided):
    """Why a licence does not count."""

    reason_code: Literal["not_authentic", "unreadable", "not_valid", "not_relevant"]


class LicenceEnd(Decided):
    """Why a licence counts no more."""

    reason_code: Literal["no_longer_needed", "revoked", "surrendered"]


class ProviderLicenceOut(Response):
    """A licence of a provider."""

    id: UUID
    provider_id: UUID
    kind: str
    number: str
    issuing_body: str
    valid_from: date
    valid_to: date | None
    document_id: UUID | None
    replaces_id: UUID | None
    status: str
    submitted_on: date
    checked_on: date | None
    ended_on: date | None
    reason_code: str | None


class LicenceFilter(PageParams):
    """Filters of the list."""

    status: Literal["submitted", "verified", "rejected", "ended"] | None = None
