"""The two times: when something is recorded (real, UTC) and the business day it counts for (Asia/Shanghai)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from shared.auth.roles import BUREAU_ROLES
from shared.errors import DomainError

if TYPE_CHECKING:
    from shared.auth.principal import Principal

BUSINESS_ZONE: Final = ZoneInfo("Asia/Shanghai")


def utcnow() -> datetime:
    """The real instant, for ``*_at`` columns, tokens and timers; never simulated."""
    return datetime.now(UTC)


def business_today() -> date:
    """The real business day. Requests take theirs from ``Principal.today``, jobs from ``--today``."""
    return datetime.now(BUSINESS_ZONE).date()


def effective_date(principal: Principal, sent: date | None) -> date:
    """The day a change counts for: the one sent, or the caller's today.

    Bureau roles may enter the past, because paper reaches the system late; nobody may enter the future, and
    others must not send a date at all. Raises 422 ``effective-date-not-allowed`` or ``effective-date-in-future``.
    """
    if sent is None:
        return principal.today
    if not principal.has(*BUREAU_ROLES):
        raise DomainError("effective-date-not-allowed", 422)
    if sent > principal.today:
        raise DomainError(
            "effective-date-in-future", 422, params={"sent": sent.isoformat(), "today": principal.today.isoformat()}
        )
    return sent
