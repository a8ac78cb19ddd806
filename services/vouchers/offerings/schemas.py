"""Offerings as sent and shown."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.vouchers.schemas import Title, Word
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.money import Money, PositiveMoney

Description = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Unit = Annotated[str, StringConstraints(min_length=1, max_length=20)]


class OfferingNew(Request):
    """A service to put on the price list; from today on, unless a later day is named."""

    category: Word
    title: Title
    description: Description | None = None
    unit: Unit
    price: PositiveMoney
    valid_from: date | None = None
    valid_to: date | None = None


class OfferingChange(Request):
    """What changes; what is left out stays. `open_ended` takes the last day away."""

    title: Title | None = None
    description: Description | None = None
    unit: Unit | None = None
    price: PositiveMoney | None = None
    valid_to: date | None = None
    open_ended: bool = False

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.open_ended and self.valid_to is not None:
            raise PydanticCustomError("one_end", "a service ends on a day or is open-ended, not both")
        return self


class OfferingOut(Response):
    """A service on a price list, in yuan a unit."""

    id: UUID
    provider_id: UUID
    category: str
    title: str
    description: str | None
    unit: str
    price: Money
    valid_from: date
    valid_to: date | None
    status: str
    withdrawn_on: date | None


class OfferingFilter(PageParams):
    """Filters of a price list."""

    category: Word | None = None
    status: Literal["active", "withdrawn"] | None = None
    valid_on: date | None = None
    title: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    """Part of the title."""
    price_to: PositiveMoney | None = None
    sort: Literal["id", "price", "-price"] = "id"


class CatalogueFilter(OfferingFilter):
    """Filters of all price lists together."""

    provider_id: UUID | None = None
