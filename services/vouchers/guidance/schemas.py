"""The city's guidance as sent and shown."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.vouchers.schemas import CaseNo, Decided, Percent, Reason, Word, Year
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.money import Money, PositiveMoney

DocumentNo = Annotated[str, Field(min_length=1, max_length=100, examples=["拉科发〔2019〕20号"])]


class GuidanceNew(Request):
    """Limits for programmes of a year; what is left out is not limited. `max_quota_share_percent` is the most of its
    budget that a programme's quota lets one enterprise have. `effective_from` is the day of approval unless sent."""

    year: Year
    document_no: DocumentNo
    max_percent: Percent | None = None
    max_enterprise_quota: PositiveMoney | None = None
    max_quota_share_percent: Percent | None = None
    first_voucher_free_allowed: bool = True
    recommended_categories: Annotated[tuple[Word, ...], Field(max_length=100)] = ()
    effective_from: date | None = None
    drafted_on: date | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        limits = (self.max_percent, self.max_enterprise_quota, self.max_quota_share_percent)
        said = any(limit is not None for limit in limits) or self.recommended_categories
        if not said and self.first_voucher_free_allowed:
            raise PydanticCustomError("guidance_empty", "a limit or a recommendation")
        return self


class GuidanceRefusal(Decided):
    """Why it is not approved."""

    reason: Reason


class GuidanceOut(Response):
    """Guidance for a year's programmes; of the approved ones the latest `effective_from` counts."""

    id: UUID
    no: str
    year: int
    status: str
    edition: str
    document_no: str
    max_percent: Percent | None
    max_enterprise_quota: Money | None
    max_quota_share_percent: Percent | None
    first_voucher_free_allowed: bool
    recommended_categories: list[str]
    effective_from: date | None
    drafted_on: date
    decided_on: date | None
    refusal: str | None


class GuidanceFilter(PageParams):
    """Filters of the list; `in_force_on` finds what a programme opened that day is tested by."""

    no: CaseNo | None = None
    year: Year | None = None
    status: Literal["draft", "approved", "refused", "cancelled"] | None = None
    in_force_on: date | None = None
