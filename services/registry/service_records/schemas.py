"""Service records as JSON."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.registry.codes import DocumentNo, Name, ReasonCode, Remark
from services.registry.service_records.rules import STATUSES, record_types
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord, OneOf
from shared.identifiers import UnifiedSocialCreditCode
from shared.money import Money, PositiveMoney

RecordType = Annotated[str, Field(min_length=1, max_length=64, examples=["training"])]
Quantity = Annotated[int, Field(strict=True, ge=1, le=100_000)]
Hours = Annotated[Decimal, Field(gt=0, max_digits=7, decimal_places=1, examples=["2.5"])]


class ServiceContent(Request):
    """What was done; `document_no` and `amount` are those of the contract or certificate, which a technology transfer
    or a new product needs."""

    type: RecordType
    title: Name
    provided_on: date
    quantity: Quantity = 1
    hours: Hours | None = None
    document_no: DocumentNo | None = None
    amount: PositiveMoney | None = None


class RecordService(ServiceContent):
    """A service of one's own centre for one of its tenants, named by id or code."""

    centre_id: UUID
    enterprise_id: UUID | None = None
    enterprise_code: UnifiedSocialCreditCode | None = None

    @model_validator(mode="after")
    def _one_way_to_name_it(self) -> Self:
        if (self.enterprise_id is None) == (self.enterprise_code is None):
            raise PydanticCustomError("enterprise_named_once", "exactly one of enterprise_id and enterprise_code")
        return self


class CorrectService(ServiceContent):
    """The record as it should have been, and why."""

    reason_code: ReasonCode
    remark: Remark | None = None


class ContestService(Request):
    """Why the enterprise does not confirm it."""

    reason_code: ReasonCode
    remark: Remark | None = None


class ServiceRecordOut(Response):
    """A service record."""

    id: UUID
    version: int
    no: str
    centre_id: UUID
    enterprise_id: UUID
    tenancy_id: UUID
    type: str
    title: str
    provided_on: date
    quantity: int
    hours: Decimal | None
    document_no: str | None
    amount: Money | None
    status: str
    edition: str
    decision: StoredDecision
    corrects_id: UUID | None
    recorded_by: str
    answered_by: str | None
    answered_on: date | None
    reason_code: str | None
    remark: str | None = None


class ServiceRecordFilter(PageParams):
    """Filters of the list; `since` and `until` are included."""

    no: str | None = None
    centre_id: UUID | None = None
    enterprise_id: UUID | None = None
    type: Annotated[str, EditionWord(record_types)] | None = None
    status: Annotated[str, OneOf(*STATUSES)] | None = None
    since: date | None = None
    until: date | None = None


class CountsFilter(PageParams):
    """Which year, and of which centre."""

    year: int = Field(ge=2000, le=2100)
    centre_id: UUID | None = None


class CentreYearOut(Response):
    """A centre's year: the records by what the enterprises say about them, and what they are about.

    `services_counted` is the number of confirmed services where no enterprise counts more often than the rubric says
    (`counted_at_most`). `agreements` and `joint_carriers` are those that were in force on a day of the year.
    """

    centre_id: UUID
    year: int
    recorded: int
    confirmed: int
    contested: int
    confirmed_by_type: dict[str, int]
    enterprises_served: int
    services_counted: int
    counted_at_most: int | None
    agreements: int
    joint_carriers: int
