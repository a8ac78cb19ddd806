"""Programmes as sent and shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.vouchers.categories.schemas import OwnCategoryNew
from services.vouchers.programmes.models import TERMS, Programme, ProgrammeTerms
from services.vouchers.programmes.rules import CategoryTerms
from services.vouchers.schemas import CaseNo, Division, Percent, Word, Year
from shared.enterprise_size import SizeClass
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord
from shared.money import ZERO, Money, PositiveMoney

Months = Annotated[int, Field(ge=1, le=240)]


EligibleSizes = Annotated[tuple[SizeClass, ...], Field(min_length=1, max_length=4)]
"""Size classes of enterprises that a programme is for."""


class CategoryTermsIn(Request):
    """What differs in one category: its share of the price, and the most that one use draws in it."""

    percent: Percent | None = None
    cap: PositiveMoney | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.percent is None and self.cap is None:
            raise PydanticCustomError("category_terms_empty", "a percent or a cap")
        return self


class CategoryTermsOut(Response):
    """The same, shown; null where the category has none of its own."""

    percent: Percent | None
    cap: Money | None


class ProgrammeNew(Request):
    """A programme's terms; what is left out takes the starting value of the edition in force.

    `categories` are words of the edition or of the issuer's own; `own_categories` are added to them. With
    `first_voucher_free` an enterprise's first voucher of the issuer pays the whole price. Without `eligible_sizes` the
    programme is for enterprises of any size.
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
    category_terms: dict[Word, CategoryTermsIn] = Field(default_factory=dict)
    first_voucher_free: bool = False
    eligible_sizes: EligibleSizes | None = None
    own_categories: Annotated[tuple[OwnCategoryNew, ...], Field(max_length=50)] = ()
    drafted_on: date | None = None


class ProgrammeOut(Response):
    """A programme on the terms that hold today, from `terms_from` on. `issued` is the part of the budget that its
    vouchers have taken, `unissued` the rest, and `unissued_at_close` what of it went back when it closed."""

    id: UUID
    no: str
    issuer_division: str
    kind: str
    year: int
    status: str
    edition: str
    budget: Money
    issued: Money
    unissued: Money
    unissued_at_close: Money | None
    terms_from: date | None
    subsidy_percent: Percent
    enterprise_quota: Money
    valid_months: int
    startup_months: int
    categories: list[str]
    category_terms: dict[str, CategoryTermsOut]
    first_voucher_free: bool
    eligible_sizes: list[str] | None
    drafted_on: date
    opened_on: date | None
    closed_on: date | None
    decision: StoredDecision
    opening_decision: StoredDecision | None

    @classmethod
    def of(cls, programme: Programme, issued: Decimal | None, terms: ProgrammeTerms | None = None) -> ProgrammeOut:
        """From the row, its budget's ceiling, which begins with the first voucher, and the terms of today."""
        issued = issued or ZERO
        held = {name: getattr(terms or programme, name) for name in TERMS}
        return cls.model_validate(
            {
                **{name: getattr(programme, name, None) for name in cls.model_fields},
                **held,
                "terms_from": None if terms is None else terms.effective_from,
                "issued": issued,
                "unissued": max(held["budget"] - issued, ZERO),
            }
        )


class TermsOut(Response):
    """Terms of a programme, from a day until the next."""

    effective_from: date
    amendment_id: UUID | None
    budget: Money
    subsidy_percent: Percent
    enterprise_quota: Money
    valid_months: int
    startup_months: int
    categories: list[str]
    category_terms: dict[str, CategoryTermsOut]
    first_voucher_free: bool
    eligible_sizes: list[str] | None


class TermsFilter(PageParams):
    """The list's pages."""


class ProgrammeFilter(PageParams):
    """Filters of the list."""

    no: CaseNo | None = None
    issuer_division: Division | None = None
    kind: Annotated[str, EditionWord(lambda edition: edition.vouchers.kinds)] | None = None
    year: Year | None = None
    status: Literal["draft", "open", "closed"] | None = None


def category_terms_sent(sent: Mapping[str, CategoryTermsIn]) -> dict[str, CategoryTerms]:
    """As the rules see them."""
    return {category: CategoryTerms(of.percent, of.cap) for category, of in sent.items()}
