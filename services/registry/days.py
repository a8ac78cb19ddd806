"""Days that are asked about, and the days of instants."""

from __future__ import annotations

from datetime import date, datetime

from shared.auth.principal import Principal
from shared.clock import BUSINESS_ZONE
from shared.http.validation import Fault, PayloadInvalid


def city_day(instant: datetime) -> date:
    """The calendar day in the city."""
    return instant.astimezone(BUSINESS_ZONE).date()


def require_begun(principal: Principal, day: date | None, field: str = "on") -> None:
    """Nobody knows how things stand on a day to come: 422 with the last day that can be asked about, the caller's."""
    if day is not None and day > principal.today:
        raise PayloadInvalid(Fault(field, "after_today", {"last": principal.today.isoformat()}))
