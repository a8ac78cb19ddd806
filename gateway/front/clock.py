"""The business date of a request: today in Asia/Shanghai, or under a simulated clock what the caller's header says."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from shared.clock import business_today
from shared.errors import DomainError

HEADER: Final = b"mengchuang-today"
_DATE = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def today_of(values: list[bytes], *, simulated: bool) -> date:
    """The day that the request's business is done on, from the values of its `Mengchuang-Today` header.

    Raises 400 `clock-not-simulated` where the clock is real, so that nobody believes a date that had no effect, and
    422 `business-date-invalid` for a value that is not one ISO date.
    """
    if not values:
        return business_today()
    if not simulated:
        raise DomainError("clock-not-simulated", 400)
    if len(values) != 1 or not _DATE.fullmatch(values[0]):
        raise DomainError("business-date-invalid", 422)
    try:
        return date.fromisoformat(values[0].decode("ascii"))
    except ValueError as error:
        raise DomainError("business-date-invalid", 422) from error
