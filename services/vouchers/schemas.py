"""Field types that the service's requests and responses share."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, PlainSerializer, StringConstraints, WithJsonSchema

from shared.http.schemas import Request
from shared.money import format_money, parse_money

CENT: Final = Decimal("0.01")
"""A fen."""

_HUNDRED: Final = Decimal(100)


class ShareError(ValueError):
    """Not a share of a price."""

    reason = "share_of_a_price"


def _percent(value: object) -> Decimal:
    try:
        percent = parse_money(value)
    except ValueError as error:
        raise ShareError("a share is a text such as 50.00") from error
    if not 0 < percent <= _HUNDRED:
        raise ShareError("a share is more than 0 and at most 100 percent")
    return percent


Percent = Annotated[
    Decimal,
    BeforeValidator(_percent),
    PlainSerializer(format_money, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,2})?$", "examples": ["50.00"]}),
]
"""A share of a price, more than 0 and at most 100 percent; a decimal string as money is."""

Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""A value of the edition: kinds, categories."""

Division = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z][0-9A-Z_-]{1,15}$")]

Title = Annotated[str, StringConstraints(min_length=1, max_length=100)]

Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]
"""What people write about why; checked for identity numbers as all that is sent."""

CaseNo = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,6}-[0-9]{4}-[0-9]{4,}$", max_length=40)]

Year = Annotated[int, Field(ge=2000, le=2100)]


class Decided(Request):
    """A bureau's step; a past day where the paper was decided before it was entered."""

    decided_on: date | None = None


def day_sent(wanted: Decided | None) -> date | None:
    """The day in a step's body, which may be left out altogether."""
    return None if wanted is None else wanted.decided_on
