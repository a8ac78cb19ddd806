"""Amendments as sent and shown."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from services.vouchers.categories.schemas import OwnCategoryNew
from services.vouchers.programmes.schemas import CategoryTermsIn, EligibleSizes, Months
from services.vouchers.schemas import CaseNo, Decided, Division, Percent, Reason, Word
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.money import PositiveMoney


class TermsChange(Request):
    """The terms that change; `eligible_sizes` sent as null opens the programme to all sizes."""

    budget: PositiveMoney | None = None
    subsidy_percent: Percent | None = None
    enterprise_quota: PositiveMoney | None = None
    valid_months: Months | None = None
    startup_months: Months | None = None
    categories: Annotated[list[Word], Field(min_length=1, max_length=100)] | None = None
    category_terms: dict[Word, CategoryTermsIn] | None = None
    first_voucher_free: bool | None = None
    eligible_sizes: EligibleSizes | None = None

    @property
    def sent(self) -> frozenset[str]:
        """The names of the terms that were sent with a value; `eligible_sizes` also with null."""
        said = {name for name in self.model_fields_set if getattr(self, name) is not None}
        return frozenset(said | (self.model_fields_set & {"eligible_sizes"}))

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.sent:
            raise PydanticCustomError("change_empty", "at least one term")
        return self


class AmendmentNew(Request):
    """A change of an open programme. It counts from `effective_from`, or from its approval where that is left out."""

    changes: TermsChange
    own_categories: Annotated[tuple[OwnCategoryNew, ...], Field(max_length=50)] = ()
    reason: Reason
    effective_from: date | None = None
    drafted_on: date | None = None


class AmendmentRefusal(Decided):
    """Why it is not approved."""

    reason: Reason


class AmendmentItem(Response):
    """An amendment; `changes` are the terms it changes, as sent."""

    id: UUID
    no: str
    programme_id: UUID
    issuer_division: str
    status: str
    changes: dict[str, JsonValue]
    reason: str
    effective_from: date | None
    drafted_on: date
    decided_on: date | None
    refusal: str | None


class AmendmentOut(AmendmentItem):
    """An amendment with what the rules said when it was drafted, or approved."""

    decision: StoredDecision


class AmendmentFilter(PageParams):
    """Filters of the list."""

    no: CaseNo | None = None
    programme_id: UUID | None = None
    issuer_division: Division | None = None
    status: Literal["draft", "approved", "refused", "cancelled"] | None = None
