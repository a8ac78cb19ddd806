"""What the steps of every case share: what is sent with a step, its day, and four eyes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, four_eyes_required


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStep:
    """One step of a case as it was asked for; `on` is the effective date, if one was sent."""

    on: date | None = None
    document_no: str | None = None
    reason_code: str | None = None
    remark: str | None = None
    if_match: str | None = None


def step_day(principal: Principal, sent: date | None, *, after: date | None) -> date:
    """The day a step counts for, not before the step it follows. Raises 422 for a date the caller may not send and 409
    `step-before-its-cause`."""
    day = effective_date(principal, sent)
    if after is not None and day < after:
        raise DomainError("step-before-its-cause", 409, params={"day": day, "after": after})
    return day


def require_four_eyes(principal: Principal, *before: str | None) -> None:
    """Whoever submitted or reviewed a case cannot decide on it, whatever roles the account has (403)."""
    if principal.account_id in before:
        raise four_eyes_required()
