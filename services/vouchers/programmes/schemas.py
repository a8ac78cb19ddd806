"""Programmes as sent and shown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.vouchers.programmes.models import Programme
from services.vouchers.schemas import CaseNo, Division, Percent, Title, Word, Year
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord
from shared.money import Money, PositiveMoney

Months = Annotated[int, Field(ge=1, le=240)]


class OwnCategoryNew(Request):
    """A category that the issuer adds to the edition's."""

    code: Word
    title_zh: Title
    title_en: Title


class ProgrammeNew(Request):
    """A programme's terms; what is left out takes the starting value of the edition in force.

    `categories` are words of the edition or of the issuer's own; `own_categories` are added to them.
    """

    issuer_division: Division | None = None
    kind: Word
    year: Year
    budget: PositiveMoney
    subsidy_percent: Percent | None = None
    enterprise_quota: PositiveMoney | None = None
    valid_months: Months | None = None
    startup_months: Months | None = None
    categories: Annotated[list[Word], Field(min_length=1, max_length=100)] | None = None
    own_categories: Annotated[tuple[OwnCategoryNew, ...], Field(max_length=50)] = ()
    drafted_on: date | None = None


class ProgrammeOut(Response):
    """A programme; `issued` is the part of the budget that its vouchers have taken."""

    id: UUID
    no: str
    issuer_division: str
    kind: str
    year: int
    status: str
    edition: str
    budget: Money
    issued: Money
    subsidy_percent: Percent
    enterprise_quota: Money
    valid_months: int
    startup_months: int
    categories: list[str]
    drafted_on: date
    opened_on: date | None
    closed_on: date | None
    decision: StoredDecision

    @classmethod
    def of(cls, programme: Programme, issued: Decimal | None) -> ProgrammeOut:
        """From the row and its budget's ceiling, which begins with the first voucher."""
        return cls.model_validate({**_columns(programme), "issued": issued or Decimal(0)})


class ProgrammeFilter(PageParams):
    """Filters of the list."""

    no: CaseNo | None = None
    issuer_division: Division | None = None
    kind: Annotated[str, EditionWord(lambda edition: edition.vouchers.kinds)] | None = None
    year: Year | None = None
    status: Literal["draft", "open", "closed"] | None = None


def _columns(programme: Programme) -> dict[str, object]:
    return {name: getattr(programme, name) for name in ProgrammeOut.model_fields if name != "issued"}
