"""Growth file, technology flags and permits as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.registry.codes import DocumentNo, Evidence, Name, Remark
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.money import Money

Count = Annotated[int, Field(strict=True, ge=0, le=10_000_000)]


class RecordYear(Request):
    """Figures of one year in yuan and heads, counts on its last day; a year recorded before is replaced."""

    year: Annotated[int, Field(strict=True, ge=2000, le=2100)]
    revenue: Money
    assets: Money | None = None
    tax_paid: Money
    staff: Count
    insured_jobs: Count
    patents: Count = 0
    software_copyrights: Count = 0
    trademarks: Count = 0
    other_ip: Count = 0

    @model_validator(mode="after")
    def _insured_are_staff(self) -> Self:
        if self.insured_jobs > self.staff:
            raise PydanticCustomError("insured_above_staff", "more insured jobs than staff")
        return self


class YearOut(Response):
    """A year of the growth file; `enterprise_id` is the record it was entered under."""

    enterprise_id: UUID
    year: int
    revenue: Money
    assets: Money | None
    tax_paid: Money
    staff: int
    insured_jobs: int
    patents: int
    software_copyrights: int
    trademarks: int
    other_ip: int
    size_class: str | None
    decision: StoredDecision


class RecordFlag(Request):
    """A recognition by its certificate; `valid_through` is the longest that the edition allows if it is left out."""

    kind: Annotated[str, Field(max_length=64)]
    certificate_no: DocumentNo
    issued_on: date
    valid_through: date | None = None
    evidence: Annotated[list[Evidence], Field(min_length=1, max_length=20)]


class WithdrawFlag(Request):
    """`withdrawn_on` is the first day on which the certificate counts no more."""

    document_no: DocumentNo
    withdrawn_on: date | None = None
    remark: Remark | None = None


class FlagOut(Response):
    """A certificate; `status` is how it stands on the day that was asked for."""

    id: UUID
    enterprise_id: UUID
    kind: str
    certificate_no: str
    issued_on: date
    valid_through: date
    evidence: list[str]
    withdrawn_on: date | None
    status: Literal["not_yet_valid", "valid", "expired", "withdrawn"]


class RequirePermit(Request):
    """A permit that has to follow the licence; `required_on` is the day from which it is waited for."""

    name: Name
    authority: Name
    required_on: date | None = None


class SeePermit(Request):
    """The permit has been seen."""

    document_no: DocumentNo
    seen_on: date | None = None
    valid_through: date | None = None


class PermitOut(Response):
    """A permit; without `seen_on` it is still waited for."""

    id: UUID
    enterprise_id: UUID
    name: str
    authority: str
    required_on: date
    seen_on: date | None
    document_no: str | None
    valid_through: date | None


class OnDayPage(PageParams):
    """`on` is the caller's day if it is left out."""

    on: date | None = None
