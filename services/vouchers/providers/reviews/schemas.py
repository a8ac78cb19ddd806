"""Yearly reviews as sent and shown."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from services.vouchers.schemas import Decided
from shared.http.paging import PageParams
from shared.http.schemas import Response

Findings = Annotated[str, StringConstraints(min_length=1, max_length=4000)]


class ReviewNew(Decided):
    """What the review found."""

    outcome: Literal["pass", "fail"]
    findings: Findings


class ReviewReturn(Decided):
    """What has to be looked at again."""

    remark: Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class ProviderReviewOut(Response):
    """A yearly review of a provider."""

    id: UUID
    provider_id: UUID
    due_on: date
    status: str
    outcome: str
    findings: str
    proposed_on: date
    decided_on: date | None
    remark: str | None


class ReviewFilter(PageParams):
    """Filters of the list."""

    status: Literal["proposed", "confirmed", "returned"] | None = None
    outcome: Literal["pass", "fail"] | None = None
