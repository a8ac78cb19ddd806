"""Renewals as sent and shown."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from services.vouchers.providers.rules import RefusalReason
from services.vouchers.schemas import Decided, Word
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response


class RenewalNew(Request):
    """A request for another term; with other categories it may come at any time, and leaves the term as it is unless
    that is about to end."""

    categories: Annotated[list[Word], Field(min_length=1, max_length=100)] | None = None
    declares_no_penalty: bool = False


class RenewalRefusal(Decided):
    """A refusal, with its reason."""

    reason_code: RefusalReason


class ProviderRenewalOut(Response):
    """A renewal; `admitted_until` is the last day of the admission once it is approved."""

    id: UUID
    provider_id: UUID
    status: str
    edition: str
    categories: list[str]
    declared: bool
    requested_on: date
    reviewed_on: date | None
    decided_on: date | None
    reason_code: str | None
    decision: dict[str, JsonValue] | None
    admitted_until: date | None


class RenewalFilter(PageParams):
    """Filters of the list."""

    status: Literal["requested", "reviewed", "approved", "refused", "withdrawn"] | None = None
