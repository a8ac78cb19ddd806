"""One bureau records, another person of the other one decides: what orders and records on delistings share."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from services.evaluation.access import bureaus_of
from services.evaluation.delistings.rules import decide_countersignature
from services.evaluation.refusals import require_passed, require_status
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, forbidden, four_eyes_required
from shared.policy.edition import Edition


class Recorded(Protocol):
    """Something that waits for the other bureau."""

    status: str
    recorded_by: str
    recorded_bureau: str
    recorded_on: date
    decided_by: str | None
    decided_bureau: str | None
    decided_on: date | None


def recording_bureau(principal: Principal, edition: Edition) -> str:
    """The bureau that the officer records for. Raises 403 for one of neither deciding bureau."""
    for name in edition.procedure.deciding_departments.value:
        if f"{edition.departments[name].role_prefix}_officer" in principal.roles:
            return name
    raise forbidden()


def day_not_before(principal: Principal, sent: date | None, earliest: date) -> date:
    """The step's day. Raises 422 as `effective_date`, 409 `date-before-step`."""
    day = effective_date(principal, sent)
    if day < earliest:
        raise DomainError("date-before-step", 409, params={"day": day, "earliest": earliest})
    return day


def require_past(principal: Principal, sent: date) -> None:
    """Raises 422 `effective-date-in-future`: nothing takes effect before it has happened."""
    if sent > principal.today:
        params = {"sent": sent.isoformat(), "today": principal.today.isoformat()}
        raise DomainError("effective-date-in-future", 422, params=params)


def decide_as_other_bureau(
    recorded: Recorded, principal: Principal, edition: Edition, decided_on: date | None
) -> tuple[str, ...]:
    """Write down who decides, for which bureau; the caller sets the status. Returns the rules that allow it.

    Raises 409 `invalid-transition`, 403 `four-eyes-required`, 409 `countersignature-by-other-bureau`.
    """
    require_status(recorded.status, ("proposed",))
    if principal.account_id == recorded.recorded_by:
        raise four_eyes_required()
    bureau, decision = decide_countersignature(edition, recorded.recorded_bureau, bureaus_of(principal, edition))
    require_passed(decision)
    recorded.decided_on = day_not_before(principal, decided_on, recorded.recorded_on)
    recorded.decided_by, recorded.decided_bureau = principal.account_id, bureau
    return decision.rules
